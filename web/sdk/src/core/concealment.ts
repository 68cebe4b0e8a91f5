import { findPeriod, periodReach } from './waveform_period.js';

/** Made-up sound fades to nothing within this: longer buzzes. */
const FADE_OUT_S = 0.08;
/** Where real sound comes back, both are mixed for this long. */
const FADE_IN_S = 0.005;

/**
 * Makes up sound for packets that are missing: repeats the last waveform period of what was played,
 * fading out, and mixes the end of that into what comes next.
 */
export class Concealment {
  readonly #history: Float32Array;
  #pattern: Float32Array | undefined;
  #made = 0;

  constructor(private readonly sampleRate: number) {
    this.#history = new Float32Array(periodReach(sampleRate));
  }

  /** True while the newest sound was made up. */
  get active(): boolean {
    return this.#pattern !== undefined;
  }

  /** True once nothing is left to repeat. */
  get faded(): boolean {
    return this.#made >= FADE_OUT_S * this.sampleRate;
  }

  /** Takes note of real sound that is about to play; mixes the end of made-up sound into it. */
  real(samples: Float32Array): Float32Array {
    let played = samples;
    if (this.#pattern) {
      played = samples.slice();
      const fade = Math.min(played.length, Math.round(FADE_IN_S * this.sampleRate));
      for (let i = 0; i < fade; i++) {
        const weight = i / fade;
        played[i] = (played[i] as number) * weight + this.#next() * (1 - weight);
      }
      this.#pattern = undefined;
      this.#made = 0;
    }
    this.#remember(played);
    return played;
  }

  /** What plays next does not follow what played last: mixes over the seam. */
  begin(): void {
    this.#pattern ??= this.#lastPeriod();
  }

  /** The next `count` made-up samples; silence once {@link faded}. */
  conceal(count: number): Float32Array {
    this.begin();
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i++) samples[i] = this.#next();
    return samples;
  }

  #next(): number {
    const pattern = this.#pattern as Float32Array;
    const gain = Math.max(0, 1 - this.#made / (FADE_OUT_S * this.sampleRate));
    const sample = (pattern[this.#made % pattern.length] as number) * gain;
    this.#made++;
    return sample;
  }

  /** The newest period of the history, beginning where the history ends. */
  #lastPeriod(): Float32Array {
    // Searched backwards in time, so that the pattern continues what was just heard.
    const reversed = this.#history.slice().reverse();
    const { lag } = findPeriod(reversed, 0, this.sampleRate);
    return this.#history.slice(this.#history.length - lag);
  }

  #remember(samples: Float32Array): void {
    const { length } = this.#history;
    if (samples.length >= length) {
      this.#history.set(samples.subarray(samples.length - length));
      return;
    }
    this.#history.copyWithin(0, samples.length);
    this.#history.set(samples, length - samples.length);
  }
}
