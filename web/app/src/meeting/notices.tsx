import type { CloseReason } from '@sluice/sdk';
import type { Session, SessionState } from '../session';
import { Icon } from '../ui/icon';

/**
 * What concerns the meeting as a whole, above the stage: reconnecting, blocked sound, own screen.
 */
export function Notices({ session, state }: { session: Session; state: SessionState }) {
  const { view, attempt, cutOffBy } = state;
  return (
    <div class="notices" aria-live="polite">
      {view.state === 'reconnecting' && (
        <p
          class="notice notice-problem"
          data-testid="reconnecting-banner"
          data-reason={cutOffBy ?? 'connection_lost'}
        >
          <span class="spinner" />
          <span>
            {cutOffWords(cutOffBy)} Reconnecting
            {/* Read aloud once, not with each attempt. */}
            <span aria-hidden="true">{attempt > 1 ? `, attempt ${attempt}` : ''}</span>…
          </span>
        </p>
      )}
      {!view.audioAllowed && view.others.length > 0 && (
        <button
          type="button"
          class="notice notice-action"
          data-testid="start-audio"
          onClick={() => void session.startAudio()}
        >
          <Icon name="speaker" size={20} />
          <span>Click to hear the others</span>
        </button>
      )}
      {view.sharingScreen && (
        <p class="notice notice-sharing" data-testid="sharing-notice">
          <Icon name="screen" size={20} />
          <span>You are sharing your screen</span>
          <button
            type="button"
            class="button button-small"
            onClick={() => void session.toggleScreen()}
          >
            Stop
          </button>
        </p>
      )}
    </div>
  );
}

/** What happened, so that nobody looks for the fault in the wrong place. */
function cutOffWords(reason: CloseReason | undefined): string {
  switch (reason) {
    case 'server_shutdown':
      return 'The server was stopped or is restarting; you come back as soon as it does.';
    case 'too_slow':
      return 'Your connection became too slow even for sound.';
    default:
      return 'Connection lost: the others cannot see or hear you.';
  }
}

/** Short messages in a corner; read aloud by screen readers. */
export function Toasts({ state }: { state: SessionState }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {state.toasts.map((toast) => (
        <p key={toast.id} class={`toast toast-${toast.tone}`} data-testid="toast">
          {toast.text}
        </p>
      ))}
    </div>
  );
}
