/** What a key does in a meeting. */
export type ShortcutAction = 'toggleMicrophone' | 'toggleCamera' | 'toggleScreen' | 'showHelp';

/** For the help dialog. */
export const kShortcuts: ReadonlyArray<{ keys: string; action: ShortcutAction; text: string }> = [
  { keys: 'M', action: 'toggleMicrophone', text: 'Microphone on or off' },
  { keys: 'V', action: 'toggleCamera', text: 'Camera on or off' },
  { keys: 'S', action: 'toggleScreen', text: 'Share your screen, or stop' },
  { keys: '?', action: 'showHelp', text: 'Show this list' },
];

/** The part of a `KeyboardEvent` that decides. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
  /** True when the key goes into a text field, a list or an open dialog. */
  readonly elsewhere: boolean;
}

/** The action of a key press; undefined when it is not ours. */
export function shortcutFor(press: KeyPress): ShortcutAction | undefined {
  if (press.elsewhere || press.repeat || press.ctrlKey || press.altKey || press.metaKey)
    return undefined;
  const key = press.key.toUpperCase();
  return kShortcuts.find((shortcut) => shortcut.keys === key)?.action;
}
