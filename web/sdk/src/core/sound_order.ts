import { type Frame, frameDistance } from './frame.js';

/** By which of a participant's connections a frame came. */
export type Way = 'first' | 'lane';

/** As long as a gap that nobody minds. */
const HOLD_MOST_MS = 60;
/** Held at most: three times what comes of a track while something waits. */
const FRAMES_MAX = 16;
/** So many frames by one way, and none by the other: nothing more is on its way there. */
const QUIET_FRAMES = 10;

interface Held {
  readonly frame: Frame;
  readonly arrivedMs: number;
}

interface WayState {
  open: boolean;
  newest: number | undefined;
  /** Frames that came by the other way since the last one by this. */
  quiet: number;
}

/**
 * Puts the sounds of one track into one order again that come by two connections of a participant:
 * around a switch from one to the other the old one's last frames come behind the new one's first.
 *
 * Only then anything waits, at most 60 ms: behind a gap, until each way that is in use has brought
 * a frame as new as what is missing, since a connection keeps its own order. What comes twice, or
 * too late to be put in its place, is left out. The counterpart of the C++ client's
 * `client/sound_order.h`. Bound: 16 frames; overflow: the oldest goes on without what is missing.
 */
export class SoundOrder {
  readonly #held: Held[] = [];
  readonly #ways: Record<Way, WayState> = {
    first: { open: false, newest: undefined, quiet: 0 },
    lane: { open: false, newest: undefined, quiet: 0 },
  };
  /** Behind the newest frame that went on. */
  #next: number | undefined;

  push(frame: Frame, way: Way, nowMs: number): void {
    const here = this.#ways[way];
    const there = this.#ways[way === 'first' ? 'lane' : 'first'];
    const { number } = frame;
    here.open = true;
    here.quiet = 0;
    if (here.newest === undefined || frameDistance(number, here.newest) > 0) here.newest = number;
    if (++there.quiet === QUIET_FRAMES) there.open = false;
    if (this.#next !== undefined && frameDistance(number, this.#next) < 0) return;
    this.#insert({ frame, arrivedMs: nowMs });
  }

  /** Nothing more will come over the lane. */
  laneClosed(): void {
    this.#ways.lane.open = false;
  }

  /** The next frame; undefined when none may go on yet. */
  pop(nowMs: number): Frame | undefined {
    const waits = this.#held.length <= FRAMES_MAX && nowMs < (this.dueMs ?? nowMs);
    const frame = waits ? undefined : this.#held.shift()?.frame;
    if (frame) this.#next = (frame.number + 1) >>> 0;
    return frame;
  }

  /** When to call {@link pop} next, though nothing comes; undefined when nothing is held. */
  get dueMs(): number | undefined {
    const [front] = this.#held;
    if (!front) return undefined;
    if (this.#mayGoOn(front.frame.number)) return front.arrivedMs;
    // Any frame's: one that came in time must not wait for a gap before an older one that came late.
    return Math.min(...this.#held.map(({ arrivedMs }) => arrivedMs)) + HOLD_MOST_MS;
  }

  #insert(held: Held): void {
    const distance = ({ frame }: Held): number => frameDistance(frame.number, held.frame.number);
    let place = this.#held.length;
    while (place > 0 && distance(this.#held[place - 1] as Held) > 0) place--;
    const before = this.#held[place - 1];
    if (before && distance(before) === 0) return;
    this.#held.splice(place, 0, held);
  }

  /** It is the next one, or what is missing before it will not come. */
  #mayGoOn(number: number): boolean {
    if (this.#next === undefined || number === this.#next) return true;
    return Object.values(this.#ways).every(
      ({ open, newest }) =>
        !open || (newest !== undefined && frameDistance(newest, number) >= -1),
    );
  }
}
