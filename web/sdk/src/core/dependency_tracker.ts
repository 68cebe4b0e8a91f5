import { type Frame, frameBefore } from './frame.js';

/** `decode`: everything it needs was decoded. `skip`: not so, or not wanted. */
export type DecodeDecision = 'decode' | 'skip';

/**
 * Decides which frames of one video track may go to the decoder: only those whose dependencies
 * went there. A VP8 decoder shows rubbish, without any error, when a reference is missing.
 *
 * Bound: remembers the newest `memory` frame numbers (distances are at most 65535, yet encoders
 * refer back a few frames only).
 */
export class DependencyTracker {
  #encoding = -1;
  readonly #decoded = new Set<number>();

  constructor(private readonly memory: number = 256) {}

  /**
   * True while a base-layer frame could not be decoded and no keyframe came since: the picture
   * stands still until one does.
   */
  get stuck(): boolean {
    return this.#stuck;
  }
  #stuck = false;

  /**
   * Decides on the next frame in decode order.
   *
   * @param wanted - false when the decoder is behind and the caller would rather leave this frame
   * out; those that need it will then be skipped too. A keyframe is always decoded.
   */
  decide(frame: Frame, wanted: boolean): DecodeDecision {
    if (frame.keyframe) {
      this.#decoded.clear();
      this.#encoding = frame.encoding;
      this.#stuck = false;
      this.#decoded.add(frame.number);
      return 'decode';
    }
    const known =
      frame.encoding === this.#encoding &&
      frame.dependencies.length > 0 &&
      frame.dependencies.every((distance) =>
        this.#decoded.has(frameBefore(frame.number, distance)),
      );
    if (!known || !wanted) {
      // Upper layers come back by themselves at the next frame of a lower one; the base does not.
      if (frame.temporalLayer === 0) this.#stuck = true;
      return 'skip';
    }
    this.#remember(frame.number);
    return 'decode';
  }

  /** Everything decoded so far is lost: the decoder was replaced. */
  reset(): void {
    this.#decoded.clear();
    this.#encoding = -1;
    this.#stuck = true;
  }

  #remember(number: number): void {
    this.#decoded.add(number);
    if (this.#decoded.size <= this.memory) return;
    // The set keeps insertion order, which is decode order: the first is the oldest.
    const oldest = this.#decoded.values().next();
    if (!oldest.done) this.#decoded.delete(oldest.value);
  }
}
