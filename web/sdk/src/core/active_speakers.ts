/** Quieter than this (minus dBov) is not speech: breath, keys, a fan. */
const SPEECH_ABOVE_DBOV = -50;
/** Somebody who paused to breathe still speaks. */
const HOLD_MS = 800;
/** One loud moment (a cough, a door) is not speech: this much of it within a second is. */
const NEEDED_MS = 120;
const FORGET_MS = 1000;

/** RFC 6464 says silence with 127. */
export const SILENCE = 127;

/** 0 (silent) to 1 (as loud as can be), linear in what ears hear: 60 dB are the whole scale. */
export function meterLevel(audioLevel: number): number {
  return Math.max(0, Math.min(1, 1 - audioLevel / 60));
}

interface Speaker {
  audioLevel: number;
  loudMs: number;
  loudAtMs: number;
  updatedMs: number;
  speaking: boolean;
}

/** Tells from the audio levels in frame headers who speaks. */
export class ActiveSpeakers {
  readonly #speakers = new Map<string, Speaker>();

  /** @param audioLevel - 0 to 127, minus dBov; the loudest since the last call. */
  update(id: string, audioLevel: number, nowMs: number): void {
    const speaker = this.#speakers.get(id) ?? {
      audioLevel: SILENCE,
      loudMs: 0,
      loudAtMs: Number.NEGATIVE_INFINITY,
      updatedMs: nowMs,
      speaking: false,
    };
    const elapsed = Math.min(200, nowMs - speaker.updatedMs);
    speaker.updatedMs = nowMs;
    // The shown level falls slowly, so that a meter does not flicker.
    speaker.audioLevel = Math.min(audioLevel, Math.min(SILENCE, speaker.audioLevel + elapsed / 10));
    if (-audioLevel > SPEECH_ABOVE_DBOV) {
      if (nowMs - speaker.loudAtMs > FORGET_MS) speaker.loudMs = 0;
      speaker.loudMs += elapsed;
      speaker.loudAtMs = nowMs;
      if (speaker.loudMs >= NEEDED_MS) speaker.speaking = true;
    } else if (nowMs - speaker.loudAtMs > HOLD_MS) {
      speaker.speaking = false;
      speaker.loudMs = 0;
    }
    this.#speakers.set(id, speaker);
  }

  remove(id: string): void {
    this.#speakers.delete(id);
  }

  /** For a meter, 0 to 1. */
  level(id: string): number {
    return meterLevel(this.#speakers.get(id)?.audioLevel ?? SILENCE);
  }

  /** Who speaks, loudest first. */
  speaking(): string[] {
    return [...this.#speakers]
      .filter(([, speaker]) => speaker.speaking)
      .sort(([, a], [, b]) => a.audioLevel - b.audioLevel)
      .map(([id]) => id);
  }
}
