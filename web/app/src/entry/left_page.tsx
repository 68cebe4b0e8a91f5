import type { CloseReason } from '@sluice/sdk';
import type { Session } from '../session';
import { Logo } from '../ui/logo';
import { JoinButton } from './join_button';
import { farewell, type Failure } from './problem_panel';

interface Properties {
  readonly session: Session;
  readonly reason: CloseReason;
  readonly failure: Failure | undefined;
  readonly joining: boolean;
}

/** After the meeting, however it ended. */
export function LeftPage({ session, reason, failure, joining }: Properties) {
  const { title, text } = farewell(reason, failure);
  return (
    <div class="left-page" data-testid="left-page" data-reason={reason}>
      <main class="left-card">
        <Logo />
        <h1>{title}</h1>
        <p>{text}</p>
        <p class="left-room">{session.room}</p>
        <div class="left-actions">
          <JoinButton
            type="button"
            testId="rejoin-button"
            joining={joining}
            onClick={() => void session.rejoin()}
          >
            Join again
          </JoinButton>
          <a class="button button-large" href="/">
            Back to the start
          </a>
        </div>
      </main>
    </div>
  );
}
