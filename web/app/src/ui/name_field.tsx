interface Properties {
  readonly value: string;
  readonly onInput: (name: string) => void;
}

/** Asks the visitor for a name. */
export function NameField({ value, onInput }: Properties) {
  return (
    <label class="field">
      <span>Your name</span>
      <input
        data-testid="name-input"
        value={value}
        maxLength={64}
        autoComplete="name"
        placeholder="How others see you"
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}
