import { WindowedMinimum } from './windowed_minimum.js';

/** Codecs, buffers and caches start up at both ends: the first second says nothing of the network. */
const STARTUP_MS = 1000;
const SAMPLES_MIN = 20;
/**
 * How long the shortest way is remembered. Short: when a queue has formed on the way, or the sound
 * card's clock has jumped, nothing arrives any earlier than now, and to wait for it would be vain.
 */
const WINDOW_MS = 1000;

/**
 * How irregularly the frames of one track arrive, without synchronised clocks: a frame's lateness
 * is its (arrival - capture) minus the smallest such difference seen lately.
 */
export class ArrivalJitter {
  readonly #base = new WindowedMinimum(WINDOW_MS);
  readonly #lateness: number[] = [];
  #next = 0;
  #firstMs: number | undefined;

  /**
   * @param samplesMax - how many of the newest frames are looked at.
   * @param covered - the share of them that {@link percentileMs} covers.
   */
  constructor(
    private readonly samplesMax: number,
    private readonly covered: number,
  ) {}

  /** @returns the lateness of this frame in ms. */
  push(captureMs: number, arrivalMs: number): number {
    const transit = arrivalMs - captureMs;
    // A publisher whose clock jumped is re-based, not punished.
    if (transit < this.#base.value - 2000) this.reset();
    this.#base.push(transit, arrivalMs);
    const lateness = transit - this.#base.value;
    this.#firstMs ??= arrivalMs;
    if (arrivalMs - this.#firstMs < STARTUP_MS) return lateness;
    this.#lateness[this.#next] = lateness;
    this.#next = (this.#next + 1) % this.samplesMax;
    return lateness;
  }

  /** The smallest (arrival - capture) in ms; Infinity before the first frame. */
  get baseMs(): number {
    return this.#base.value;
  }

  /** The share that is to be covered is at most this late, in ms; undefined before enough were seen. */
  get percentileMs(): number | undefined {
    if (this.#lateness.length < SAMPLES_MIN) return undefined;
    const sorted = [...this.#lateness].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) * this.covered)];
  }

  reset(): void {
    this.#base.reset();
    this.#lateness.length = 0;
    this.#next = 0;
  }
}
