import { WindowedMinimum } from './windowed_minimum.js';

/** Lateness samples looked at: about 4 s of 20 ms packets, 7 s of video at 30 fps. */
const SAMPLES_MAX = 200;
const PERCENTILE = 0.95;

/**
 * How irregularly the frames of one track arrive, without synchronised clocks: a frame's lateness
 * is its (arrival - capture) minus the smallest such difference seen lately.
 */
export class ArrivalJitter {
  readonly #base = new WindowedMinimum(15_000);
  readonly #lateness: number[] = [];
  #next = 0;

  /** @returns the lateness of this frame in ms. */
  push(captureMs: number, arrivalMs: number): number {
    const transit = arrivalMs - captureMs;
    // A publisher whose clock jumped is re-based, not punished.
    if (transit < this.#base.value - 2000) this.reset();
    this.#base.push(transit, arrivalMs);
    const lateness = transit - this.#base.value;
    this.#lateness[this.#next] = lateness;
    this.#next = (this.#next + 1) % SAMPLES_MAX;
    return lateness;
  }

  /** The smallest (arrival - capture) in ms; Infinity before the first frame. */
  get baseMs(): number {
    return this.#base.value;
  }

  /** 95 of 100 frames are at most this late, in ms. */
  get percentileMs(): number {
    if (this.#lateness.length === 0) return 0;
    const sorted = [...this.#lateness].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) * PERCENTILE)] ?? 0;
  }

  reset(): void {
    this.#base.reset();
    this.#lateness.length = 0;
    this.#next = 0;
  }
}
