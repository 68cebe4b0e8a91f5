import { ArrivalJitter } from './arrival_jitter.js';

/** Decoded pictures are large, and decoders run out of them: half a second at 30 fps. */
const FRAMES_MAX = 16;
/** Never hold a picture back longer than this, whatever the jitter. */
const JITTER_MAX_MS = 300;
/** Frames whose lateness is beyond this are a catch-up after joining or an outage, not jitter. */
const CATCH_UP_MS = 500;
/** Three seconds at 30 fps. */
const JITTER_FRAMES = 100;
/** The rest is shown the moment it is there: late costs less than everything being later. */
const JITTER_COVERED = 0.85;
/** Capture times so far back are another clock's. */
const CLOCK_JUMP_MS = 10_000;
/** Per second of playing, the delay may move so much: pictures are not seen to hurry. */
const SLEW_MS_PER_S = 60;

/** A picture and when it was captured. */
export interface PlayoutItem<Picture> {
  readonly picture: Picture;
  readonly captureMs: number;
}

/** What {@link VideoPlayoutQueue.take} found due. */
export interface Due<Picture> {
  /** The one to show. */
  readonly show: PlayoutItem<Picture>;
  /** Older ones that a newer one overtook: give them back to the decoder. */
  readonly overtaken: readonly PlayoutItem<Picture>[];
}

/**
 * Paces the decoded pictures of one track by their capture times, so that uneven arrival does not
 * show as uneven motion.
 *
 * A picture is due at `capture + offset`. The offset is the shortest way seen plus the jitter
 * (85th percentile), or later when sound is later (see {@link AvSync}). A picture that is late
 * is shown at once if no newer one is due: late is better than frozen.
 *
 * Bound: 16 pictures. Overflow: the oldest is due at once.
 */
export class VideoPlayoutQueue<Picture> {
  readonly #queue: PlayoutItem<Picture>[] = [];
  readonly #jitter = new ArrivalJitter(JITTER_FRAMES, JITTER_COVERED);
  #delayMs = 0;
  #steeredMs: number | undefined;
  #lastShownCaptureMs = Number.NEGATIVE_INFINITY;

  /** A frame came off the wire (before decoding, whose time is not the network's). */
  arrived(captureMs: number, nowMs: number): void {
    const lateness = this.#jitter.push(captureMs, nowMs);
    if (lateness > CATCH_UP_MS) return;
    this.#steer(nowMs);
  }

  /**
   * A picture was decoded. Another encoding may begin with pictures from before those that were
   * shown already.
   *
   * @returns false when it is such a one: it is not kept.
   */
  push(item: PlayoutItem<Picture>): boolean {
    const behindMs = this.#lastShownCaptureMs - item.captureMs;
    // A publisher whose clock jumped back begins anew.
    if (behindMs >= 0 && behindMs < CLOCK_JUMP_MS) return false;
    let at = this.#queue.length;
    while (at > 0 && this.#captureMs(at - 1) > item.captureMs) at--;
    this.#queue.splice(at, 0, item);
    return true;
  }

  /**
   * What is due at `nowMs`.
   *
   * @param offsetMs - show pictures this long after capture (on the publisher's clock); from
   * {@link AvSync}, else {@link ownOffsetMs}.
   */
  take(nowMs: number, offsetMs: number): Due<Picture> | undefined {
    let due = 0;
    while (due < this.#queue.length && this.#captureMs(due) + offsetMs <= nowMs) due++;
    due = Math.max(due, this.#queue.length - FRAMES_MAX);
    if (due === 0) return undefined;
    const taken = this.#queue.splice(0, due);
    const show = taken.pop() as PlayoutItem<Picture>;
    this.#lastShownCaptureMs = show.captureMs;
    return { show, overtaken: taken };
  }

  /** When {@link take} will next have something; undefined while the queue is empty. */
  nextDueMs(offsetMs: number): number | undefined {
    const [first] = this.#queue;
    return first && first.captureMs + offsetMs;
  }

  /** Where this track would play by itself: (show - capture) in ms; undefined before a frame. */
  get ownOffsetMs(): number | undefined {
    const base = this.#jitter.baseMs;
    return Number.isFinite(base) ? base + this.#delayMs : undefined;
  }

  /** The shortest (arrival - capture) seen lately, in ms. */
  get baseMs(): number {
    return this.#jitter.baseMs;
  }

  /** What is added for jitter, in ms. */
  get delayMs(): number {
    return this.#delayMs;
  }

  get lastShownCaptureMs(): number {
    return this.#lastShownCaptureMs;
  }

  /** Empties the queue; the caller gives the pictures back. */
  clear(): PlayoutItem<Picture>[] {
    return this.#queue.splice(0);
  }

  #captureMs(index: number): number {
    return (this.#queue[index] as PlayoutItem<Picture>).captureMs;
  }

  #steer(nowMs: number): void {
    // 10 ms is what decoding a frame and a timer's slack cost on a busy machine.
    const target = Math.min(JITTER_MAX_MS, (this.#jitter.percentileMs ?? 0) + 10);
    const elapsedS = (nowMs - (this.#steeredMs ?? nowMs - 1000)) / 1000;
    this.#steeredMs = nowMs;
    const step = SLEW_MS_PER_S * Math.min(1, elapsedS);
    this.#delayMs += Math.max(-step, Math.min(step, target - this.#delayMs));
  }
}
