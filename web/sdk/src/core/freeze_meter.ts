/** A gap this much longer than the usual one, and at least so long, is seen as a freeze. */
const FACTOR = 3;
const EXTRA_MS = 150;
const SMOOTHING = 0.1;
/** Two seconds of figures for the frame rate. */
const FPS_WINDOW_MS = 2000;

/**
 * Counts pictures shown: rate, and time during which the picture stood still though it should not
 * have. The rule for a freeze is the one of WebRTC's statistics (webrtc-stats, `freezeCount`).
 */
export class FreezeMeter {
  #shown: number[] = [];
  #lastMs: number | undefined;
  #usualMs = 1000 / 30;
  #frozenMs = 0;

  /** A picture was shown. */
  shown(nowMs: number): void {
    if (this.#lastMs !== undefined) {
      const gap = nowMs - this.#lastMs;
      if (gap > this.#freezeFromMs()) this.#frozenMs += gap;
      else this.#usualMs += SMOOTHING * (gap - this.#usualMs);
    }
    this.#lastMs = nowMs;
    this.#shown.push(nowMs);
    this.#forget(nowMs);
  }

  /** Nothing is expected for now (muted, paused, hidden): the gap does not count. */
  pause(): void {
    this.#lastMs = undefined;
  }

  /** Pictures a second over the last two. */
  fps(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#shown;
    if (first === undefined || this.#shown.length < 2) return 0;
    const spanMs = Math.max(nowMs - first, FPS_WINDOW_MS / 4);
    return ((this.#shown.length - 1) * 1000) / spanMs;
  }

  /** Frozen seconds so far, with a freeze that lasts. */
  frozenSeconds(nowMs: number): number {
    const gap = this.standingMs(nowMs);
    return (this.#frozenMs + (gap > this.#freezeFromMs() ? gap : 0)) / 1000;
  }

  /** How long the picture has stood, in ms; 0 while none is expected. */
  standingMs(nowMs: number): number {
    return this.#lastMs === undefined ? 0 : nowMs - this.#lastMs;
  }

  #freezeFromMs(): number {
    return Math.max(FACTOR * this.#usualMs, this.#usualMs + EXTRA_MS);
  }

  #forget(nowMs: number): void {
    while ((this.#shown[0] ?? nowMs) < nowMs - FPS_WINDOW_MS) this.#shown.shift();
  }
}
