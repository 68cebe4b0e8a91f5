import type { Frame } from './frame.js';

/** Above this many frames in the decoder's queue, upper temporal layers are left out. */
const THIN_ABOVE = 4;
/** Above this many, everything up to the next keyframe is left out. */
const KEYFRAMES_ONLY_ABOVE = 15;

/**
 * Keeps a decoder that is too slow for what arrives from falling behind: without a bound its queue
 * grew to 1-2.5 seconds on an overloaded machine.
 */
export class DecodeQueuePolicy {
  #keyframesOnly = false;

  /** Whether `frame` should be decoded, given how many wait in the decoder now. */
  wants(frame: Frame, decodeQueueSize: number): boolean {
    if (frame.keyframe) {
      this.#keyframesOnly = false;
      return true;
    }
    if (decodeQueueSize > KEYFRAMES_ONLY_ABOVE) this.#keyframesOnly = true;
    if (this.#keyframesOnly) return false;
    return decodeQueueSize <= THIN_ABOVE || frame.temporalLayer === 0;
  }
}
