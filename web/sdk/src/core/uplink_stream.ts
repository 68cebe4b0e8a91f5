import { type Frame, frameBefore } from './frame.js';
import { FrameChunker } from './frame_chunker.js';
import { UplinkThinning } from './uplink_thinning.js';
import type { Chunk } from './wire.js';

/** About three seconds at full rate. */
const FRAMES_MAX = 90;
/** Remembered of one group, for what depends on it; encoders refer back a few frames only. */
const USABLE_MAX = 256;
/** A base chain later than this is given up whatever a keyframe costs. */
const CHAIN_LATE_MS = 1500;

interface Queued {
  readonly chunker: FrameChunker;
  readonly queuedMs: number;
}

/**
 * What waits of one encoding of one video track, and what of it is still worth sending.
 *
 * Upper temporal layers go first. When the base itself is late there are two ways back to a live
 * picture: the pending chain, sent late, or a new keyframe; the one of fewer bytes is taken. A
 * keyframe leaves only by being sent or by a newer one.
 *
 * Bound: 90 frames. Overflow: everything up to the next keyframe.
 */
export class UplinkStream {
  readonly #queue: Queued[] = [];
  /** Frames of this group that went out whole or wait to; others may depend on them. */
  readonly #usable = new Set<number>();
  readonly #thinning = new UplinkThinning();
  /** Base frames were left out: nothing makes sense until a keyframe. */
  #broken = true;
  #keyframeNeeded = false;
  #keyframeBytes = 0;
  #leftOut = 0;
  readonly #abandons: Chunk[] = [];

  constructor(
    readonly handle: number,
    readonly encoding: number,
  ) {}

  /** The frame whose next chunk is due. */
  get head(): FrameChunker | undefined {
    return this.#queue[0]?.chunker;
  }

  /** Nothing can be sent before a keyframe, which has to be asked for. */
  get keyframeNeeded(): boolean {
    return this.#keyframeNeeded;
  }

  /** Frames left out so far. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** The keyframe that is needed is being asked for now. */
  takeKeyframeRequest(): boolean {
    const needed = this.#keyframeNeeded;
    this.#keyframeNeeded = false;
    return needed;
  }

  /** How long the oldest frame has waited, in ms. */
  waitedMs(nowMs: number): number {
    const [oldest] = this.#queue;
    return oldest ? nowMs - oldest.queuedMs : 0;
  }

  enqueue(frame: Frame, nowMs: number): void {
    if (frame.keyframe) {
      // What waits of older groups is superseded, but for the frame that is half out.
      this.#keep(({ chunker }) => chunker.started);
      this.#usable.clear();
      this.#broken = false;
      this.#keyframeNeeded = false;
      this.#keyframeBytes = frame.payload.length;
    } else if (!this.#worthSending(frame)) {
      this.#leftOut++;
      return;
    }
    this.#remember(frame.number);
    this.#queue.push({ chunker: new FrameChunker(frame), queuedMs: nowMs });
    if (this.#queue.length > FRAMES_MAX) this.breakOff();
  }

  /** The head was sent whole. */
  sent(): void {
    const sent = this.#queue.shift();
    if (sent?.chunker.frame.keyframe) this.#thinning.keyframeSent();
  }

  /** Leaves out what waited too long, before it is sent in vain. */
  thin(nowMs: number): void {
    const level = this.#thinning.update(this.waitedMs(nowMs), nowMs);
    if (level === 0) return;
    const below = level === 1 ? 2 : 1;
    this.#keep(({ chunker }) => chunker.started || chunker.frame.temporalLayer < below);
    if (level === 3 && this.#keyframeIsCheaper(nowMs)) this.breakOff();
  }

  /** Gives up everything up to the next keyframe, and asks for that. */
  breakOff(): void {
    this.clear();
    this.#keyframeNeeded = true;
  }

  /** Nothing of this encoding is wanted any more, or for now. */
  clear(): void {
    const { head } = this;
    if (head?.started) this.#abandons.push(head.abandon());
    this.#keep(() => false);
    this.#usable.clear();
    this.#broken = true;
    this.#keyframeNeeded = false;
  }

  /** Marks of frames that were given up half out, to be sent. */
  takeAbandons(): Chunk[] {
    return this.#abandons.splice(0);
  }

  get hasAbandons(): boolean {
    return this.#abandons.length > 0;
  }

  #keyframeIsCheaper(nowMs: number): boolean {
    const { head } = this;
    if (!head || this.#queue.some(({ chunker }) => chunker.frame.keyframe)) return false;
    const chainBytes = this.#queue.reduce((sum, { chunker }) => sum + chunker.remainingBytes, 0);
    return chainBytes > this.#keyframeBytes || this.waitedMs(nowMs) > CHAIN_LATE_MS;
  }

  #worthSending(frame: Frame): boolean {
    if (this.#broken) return false;
    const { level } = this.#thinning;
    if (frame.temporalLayer >= 2 && level >= 1) return false;
    if (frame.temporalLayer >= 1 && level >= 2) return false;
    return frame.dependencies.every((d) => this.#usable.has(frameBefore(frame.number, d)));
  }

  #keep(wanted: (queued: Queued) => boolean): void {
    const kept = this.#queue.filter(wanted);
    if (kept.length === this.#queue.length) return;
    for (const queued of this.#queue) {
      if (kept.includes(queued)) continue;
      this.#usable.delete(queued.chunker.frame.number);
      this.#leftOut++;
    }
    this.#queue.splice(0, this.#queue.length, ...kept);
  }

  #remember(number: number): void {
    this.#usable.add(number);
    if (this.#usable.size <= USABLE_MAX) return;
    // Sets keep insertion order: the first is the oldest.
    const oldest = this.#usable.values().next();
    if (!oldest.done) this.#usable.delete(oldest.value);
  }
}
