import { roomPath } from '../entry/route';
import type { Session, SessionState } from '../session';
import { DeviceToggles } from '../ui/device_toggles';
import { Icon, type IconName } from '../ui/icon';
import { Logo } from '../ui/logo';
import { Menu, type MenuItem } from '../ui/menu';
import type { QualitySummary } from './quality';
import type { LayoutMode } from './stage_choice';

const kLayouts: ReadonlyArray<{ mode: LayoutMode; icon: IconName; text: string }> = [
  { mode: 'auto', icon: 'layoutAuto', text: 'Automatic' },
  { mode: 'grid', icon: 'layoutGrid', text: 'Everyone the same size' },
  { mode: 'speaker', icon: 'layoutSpeaker', text: 'Speaker large' },
];

interface Properties {
  readonly session: Session;
  readonly state: SessionState;
  readonly statisticsOpen: boolean;
  readonly canShareScreen: boolean;
  readonly onCopyLink: () => void;
  readonly onSettings: () => void;
  readonly onStatistics: () => void;
  readonly onHelp: () => void;
}

interface RoomInfoProperties {
  readonly state: SessionState;
  readonly quality: QualitySummary;
  readonly onStatistics: () => void;
}

/**
 * Room, number of people and connection: above the stage in a narrow window, beside the toolbar in
 * a wide one.
 */
export function RoomInfo({ state, quality, onStatistics }: RoomInfoProperties) {
  const people = state.view.others.length + 1;
  return (
    <header class="room-info">
      <span class="room-logo">
        <Logo compact />
      </span>
      <h1 class="room-name" title={roomPath(state.view.room)}>
        {state.view.room}
      </h1>
      <span
        class="people-count"
        data-testid="people-count"
        title={people === 1 ? 'Only you' : `${people} people`}
      >
        <Icon name="people" size={18} />
        <span aria-hidden="true">{people}</span>
        <span class="visually-hidden">{people === 1 ? '1 person' : `${people} people`}</span>
      </span>
      <button
        type="button"
        class={`quality quality-${quality.level}`}
        data-testid="connection-state"
        data-state={state.view.state}
        title="Connection and statistics"
        onClick={onStatistics}
      >
        <span class="quality-dot" aria-hidden="true" />
        <span class="quality-text">{quality.text}</span>
      </button>
    </header>
  );
}

/** Everything one does during a meeting. */
export function Toolbar(properties: Properties) {
  const {
    session,
    state,
    statisticsOpen,
    canShareScreen,
    onCopyLink,
    onSettings,
    onStatistics,
    onHelp,
  } = properties;
  const { sharingScreen, mayShareScreen } = state.view;
  const layouts: MenuItem[] = kLayouts.map(({ mode, icon, text }) => ({
    icon,
    text,
    checked: state.mode === mode && state.pinned === undefined,
    onSelect: () => session.setMode(mode),
    testId: `layout-${mode}`,
  }));
  const commands: MenuItem[] = [
    { icon: 'link', text: 'Copy invite link', onSelect: onCopyLink },
    { icon: 'pulse', text: 'Connection', onSelect: onStatistics },
    { icon: 'sliders', text: 'Settings', onSelect: onSettings },
  ];
  const layoutIcon = kLayouts.find(({ mode }) => mode === state.mode)!.icon;
  return (
    <footer class="toolbar" aria-label="Meeting controls">
      <div class="toolbar-main">
        <DeviceToggles session={session} state={state} keys />
        {canShareScreen && (
          <button
            type="button"
            class={`tool${sharingScreen ? ' tool-active' : ''}`}
            data-testid="screen-toggle"
            aria-pressed={sharingScreen}
            aria-label="Share screen"
            title={`${sharingScreen ? 'Stop sharing' : 'Share your screen'} (S)`}
            disabled={!mayShareScreen}
            onClick={() => void session.toggleScreen()}
          >
            <Icon name={sharingScreen ? 'screenStop' : 'screen'} />
          </button>
        )}
        <Menu label="Layout" icon={layoutIcon} class="tool tool-layout" items={layouts} />
        <span class="tool-more">
          <Menu label="More" icon="more" class="tool" items={commands} />
        </span>
        <button
          type="button"
          class="tool tool-leave"
          data-testid="leave-button"
          aria-label="Leave"
          title="Leave the meeting"
          onClick={() => void session.leave()}
        >
          <Icon name="leave" />
          <span class="tool-text">Leave</span>
        </button>
      </div>
      <div class="toolbar-side">
        <button
          type="button"
          class="icon-button"
          data-testid="invite-button"
          aria-label="Copy invite link"
          title="Copy invite link"
          onClick={onCopyLink}
        >
          <Icon name="link" />
        </button>
        <button
          type="button"
          class="icon-button"
          data-testid="statistics-button"
          aria-label="Connection"
          title="Connection and statistics"
          aria-pressed={statisticsOpen}
          onClick={onStatistics}
        >
          <Icon name="pulse" />
        </button>
        <button
          type="button"
          class="icon-button"
          data-testid="settings-button"
          aria-label="Settings"
          title="Settings"
          onClick={onSettings}
        >
          <Icon name="sliders" />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={onHelp}
        >
          <Icon name="keyboard" />
        </button>
      </div>
    </footer>
  );
}
