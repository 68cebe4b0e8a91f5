import { useEffect, useState } from 'preact/hooks';
import { inviteLink } from '../entry/route';
import type { Session, SessionState } from '../session';
import { copyText } from '../ui/copy_link';
import { Icon } from '../ui/icon';
import { HelpDialog } from './help_dialog';
import { Notices, Toasts } from './notices';
import { summarizeQuality } from './quality';
import { SettingsDialog } from './settings_dialog';
import { shortcutFor } from './shortcuts';
import { Stage } from './stage';
import { StatisticsPanel } from './statistics_panel';
import { RoomInfo, Toolbar } from './toolbar';
import { useWakeLock } from './wake_lock';

type Dialog = 'none' | 'settings' | 'help';

/** The meeting itself. */
export function MeetingPage({ session, state }: { session: Session; state: SessionState }) {
  useWakeLock();
  const [dialog, setDialog] = useState<Dialog>('none');
  const [statisticsOpen, setStatisticsOpen] = useState(false);
  const { view, stats } = state;
  const link = inviteLink(window.location.origin, session.room);
  const pausedTracks = [...view.others, ...view.screens].filter(
    (tile) => tile.hint?.kind === 'paused',
  ).length;
  const quality = summarizeQuality(view.state, stats, pausedTracks);
  const canShareScreen = !state.support.some((problem) => problem.code === 'no_screen_share');
  const toggleStatistics = (): void => setStatisticsOpen((open) => !open);

  const copyLink = async (): Promise<void> => {
    session.say((await copyText(link)) ? 'Invite link copied' : `Invite others with ${link}`);
  };

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const target = event.target instanceof Element ? event.target : undefined;
      const elsewhere = target?.closest('input, select, textarea, dialog, [role="menu"]') != null;
      const { key, ctrlKey, altKey, metaKey, repeat } = event;
      switch (shortcutFor({ key, ctrlKey, altKey, metaKey, repeat, elsewhere })) {
        case 'toggleMicrophone':
          return void session.devices.toggleMicrophone();
        case 'toggleCamera':
          return void session.devices.toggleCamera();
        case 'toggleScreen':
          return canShareScreen ? void session.toggleScreen() : undefined;
        case 'showHelp':
          return setDialog('help');
        default:
          if (key === 'Escape' && !elsewhere) setStatisticsOpen(false);
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [session, canShareScreen]);

  return (
    <div class="meeting">
      <RoomInfo state={state} quality={quality} onStatistics={toggleStatistics} />
      <div class="meeting-middle">
        <main class="meeting-stage">
          <Notices session={session} state={state} />
          <Stage state={state} onPin={(key) => session.pin(key)} />
          {view.others.length === 0 && view.state === 'connected' && (
            <InviteCard link={link} onCopy={copyLink} />
          )}
          <Toasts state={state} />
        </main>
        {statisticsOpen && (
          <StatisticsPanel view={view} stats={stats} quality={quality} onClose={toggleStatistics} />
        )}
      </div>
      <Toolbar
        session={session}
        state={state}
        statisticsOpen={statisticsOpen}
        canShareScreen={canShareScreen}
        onCopyLink={copyLink}
        onSettings={() => setDialog('settings')}
        onStatistics={toggleStatistics}
        onHelp={() => setDialog('help')}
      />
      {dialog === 'settings' && (
        <SettingsDialog session={session} state={state} onClose={() => setDialog('none')} />
      )}
      {dialog === 'help' && <HelpDialog onClose={() => setDialog('none')} />}
    </div>
  );
}

function InviteCard({ link, onCopy }: { link: string; onCopy: () => Promise<void> }) {
  return (
    <section class="invite-card" aria-label="Invite others">
      <h2>You are the only one here</h2>
      <p>Send this link to whoever should come:</p>
      <div class="invite-link">
        <code>{link.replace(/^https?:\/\//, '')}</code>
        <button type="button" class="button button-small" onClick={() => void onCopy()}>
          <Icon name="link" size={18} />
          Copy
        </button>
      </div>
    </section>
  );
}
