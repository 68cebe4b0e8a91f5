/** Twenty milliseconds, the protocol's packet. */
const PACKETS_PER_SECOND = 50;

/** Samples for one Opus packet. */
export interface AudioBlock {
  readonly samples: Float32Array<ArrayBuffer>;
  /** Microseconds on the shared clock, of the first sample. */
  readonly captureTimeUs: number;
}

/**
 * Cuts captured samples, which come in whatever pieces the browser likes (10 ms, 441 or 128
 * samples), into blocks of 20 ms.
 */
export class AudioPacketizer {
  readonly #blockSamples: number;
  #block: Float32Array<ArrayBuffer>;
  #filled = 0;

  constructor(private readonly sampleRate: number) {
    this.#blockSamples = Math.round(sampleRate / PACKETS_PER_SECOND);
    this.#block = new Float32Array(this.#blockSamples);
  }

  /** @param captureTimeUs - of the first of `samples`. */
  push(samples: Float32Array, captureTimeUs: number): AudioBlock[] {
    const blocks: AudioBlock[] = [];
    for (let at = 0; at < samples.length; ) {
      const count = Math.min(samples.length - at, this.#blockSamples - this.#filled);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#blockSamples) break;
      // Counted back from the newest time heard, so that a wrong sample rate does not add up.
      const startUs = captureTimeUs + ((at - this.#blockSamples) / this.sampleRate) * 1e6;
      blocks.push({ samples: this.#block, captureTimeUs: Math.round(startUs) });
      this.#block = new Float32Array(this.#blockSamples);
      this.#filled = 0;
    }
    return blocks;
  }

  /** Throws away what is not a whole block yet: capture was interrupted. */
  reset(): void {
    this.#filled = 0;
  }
}
