import type { ProblemPanel } from '../entry/problem_panel';
import { Icon } from './icon';

interface Properties {
  readonly panel: ProblemPanel;
  readonly onRetry?: (() => void) | undefined;
  readonly tone?: 'problem' | 'note';
}

/** What is wrong, and what to do about it. */
export function ProblemCard({ panel, onRetry, tone = 'problem' }: Properties) {
  return (
    <section
      class={`problem problem-${tone}`}
      data-testid="error-panel"
      data-code={panel.code}
      role="alert"
    >
      <Icon name="warning" size={24} />
      <div class="problem-words">
        <h2>{panel.title}</h2>
        <p>{panel.text}</p>
        {panel.steps.length > 1 ? (
          <ol>
            {panel.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        ) : (
          panel.steps.map((step) => <p key={step}>{step}</p>)
        )}
        {panel.retry && onRetry && (
          <button type="button" class="button button-quiet" onClick={onRetry}>
            Try again
          </button>
        )}
      </div>
    </section>
  );
}
