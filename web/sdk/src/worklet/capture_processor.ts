import type { CapturedSamples } from '../worker/messages.js';

/** Twenty milliseconds: fewer, larger messages than the card's 128 samples. */
const BLOCKS_PER_SECOND = 50;

/** Hands a microphone's samples to the codec worker, where the browser cannot stream the track. */
export class CaptureProcessor extends AudioWorkletProcessor {
  readonly #blockSamples = Math.round(sampleRate / BLOCKS_PER_SECOND);
  #block = new Float32Array(this.#blockSamples);
  #filled = 0;
  #position = 0;
  #link: MessagePort | undefined;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ port: MessagePort } | { stop: true }>) => {
      if ('stop' in data) this.#stopped = true;
      else this.#link = data.port;
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    for (let at = 0; samples && at < samples.length; ) {
      const count = Math.min(samples.length - at, this.#blockSamples - this.#filled);
      this.#block.set(samples.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === this.#blockSamples) this.#post();
    }
    return !this.#stopped;
  }

  #post(): void {
    const message: CapturedSamples = { samples: this.#block, position: this.#position };
    this.#link?.postMessage(message, [this.#block.buffer]);
    this.#position += this.#blockSamples;
    this.#block = new Float32Array(this.#blockSamples);
    this.#filled = 0;
  }
}
