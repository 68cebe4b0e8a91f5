import { type Frame, frameBefore } from './frame.js';

/**
 * `decode`: everything that it needs was decoded. `leave_out`: the caller did not want it, or a
 * frame that it needs. `undecodable`: something that it needs never came.
 */
export type DecodeDecision = 'decode' | 'leave_out' | 'undecodable';

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
  readonly #leftOut = new Set<number>();

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
      this.#leftOut.clear();
      this.#encoding = frame.encoding;
      this.#stuck = false;
      this.#decoded.add(frame.number);
      return 'decode';
    }
    const decision = this.#judge(frame, wanted);
    if (decision === 'decode') this.#remember(this.#decoded, frame.number);
    else if (decision === 'leave_out') this.#remember(this.#leftOut, frame.number);
    // Upper layers come back by themselves at the next frame of a lower one; the base does not.
    if (decision !== 'decode' && frame.temporalLayer === 0) this.#stuck = true;
    return decision;
  }

  /** Everything decoded so far is lost: the decoder was replaced. */
  reset(): void {
    this.#decoded.clear();
    this.#leftOut.clear();
    this.#encoding = -1;
    this.#stuck = true;
  }

  #judge(frame: Frame, wanted: boolean): DecodeDecision {
    if (frame.encoding !== this.#encoding || frame.dependencies.length === 0) return 'undecodable';
    const missing = frame.dependencies
      .map((distance) => frameBefore(frame.number, distance))
      .filter((number) => !this.#decoded.has(number));
    if (missing.length === 0) return wanted ? 'decode' : 'leave_out';
    return missing.every((number) => this.#leftOut.has(number)) ? 'leave_out' : 'undecodable';
  }

  #remember(numbers: Set<number>, number: number): void {
    numbers.add(number);
    if (numbers.size <= this.memory) return;
    // Sets keep insertion order, which is decode order: the first is the oldest.
    const oldest = numbers.values().next();
    if (!oldest.done) numbers.delete(oldest.value);
  }
}
