// What an audio worklet finds in its global scope; TypeScript's library has none of it.
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  constructor(options?: unknown);
}
declare function registerProcessor(
  name: string,
  processor: new (options?: never) => AudioWorkletProcessor & {
    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  },
): void;
/** Samples a second. */
declare const sampleRate: number;
/** Seconds on the sound card's clock. */
declare const currentTime: number;
