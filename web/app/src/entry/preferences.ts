/** What the page remembers between visits, on this device only. */
export interface Preferences {
  readonly name: string;
  /** Wanted at the next join. */
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
  /** Device ids as the browser gave them; undefined: the browser's default. */
  readonly microphoneId: string | undefined;
  readonly cameraId: string | undefined;
  readonly speakerId: string | undefined;
}

/** The part of `Storage` that is needed; tests pass a map. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const kKey = 'sluice.preferences';

export const kDefaultPreferences: Preferences = {
  name: '',
  microphoneOn: true,
  cameraOn: true,
  microphoneId: undefined,
  cameraId: undefined,
  speakerId: undefined,
};

/** Reads what was remembered; anything missing, broken or forbidden falls back to the default. */
export function loadPreferences(store: KeyValueStore | undefined): Preferences {
  let stored: unknown;
  try {
    stored = JSON.parse(store?.getItem(kKey) ?? '{}');
  } catch {
    return kDefaultPreferences;
  }
  if (typeof stored !== 'object' || stored === null) return kDefaultPreferences;
  const values = stored as Record<string, unknown>;
  const text = (key: string): string | undefined => {
    const value = values[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const flag = (key: string): boolean => values[key] !== false;
  return {
    name: text('name') ?? '',
    microphoneOn: flag('microphoneOn'),
    cameraOn: flag('cameraOn'),
    microphoneId: text('microphoneId'),
    cameraId: text('cameraId'),
    speakerId: text('speakerId'),
  };
}

/** Remembers; a browser that forbids storage (private windows) simply forgets. */
export function savePreferences(store: KeyValueStore | undefined, preferences: Preferences): void {
  try {
    store?.setItem(kKey, JSON.stringify(preferences));
  } catch {
    // Full or forbidden: nothing depends on it.
  }
}
