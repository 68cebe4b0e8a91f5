import type { ComponentChildren } from 'preact';

interface Properties {
  readonly type: 'submit' | 'button';
  readonly testId: string;
  readonly joining: boolean;
  /** Joining cannot work now. */
  readonly disabled?: boolean;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

/** Joins, and shows that it is at it. Whoever acts on it ignores what comes while it is. */
export function JoinButton({ type, testId, joining, disabled = false, onClick, children }: Properties) {
  return (
    <button
      type={type}
      class="button button-primary button-large"
      data-testid={testId}
      // Not `disabled`, which would take the keyboard's focus away.
      aria-disabled={joining}
      disabled={disabled}
      {...(onClick ? { onClick } : {})}
    >
      {joining ? (
        <>
          <span class="spinner" />
          Joining…
        </>
      ) : (
        children
      )}
    </button>
  );
}
