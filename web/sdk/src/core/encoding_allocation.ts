/** One encoding that somebody wants. */
export interface EncodingCandidate {
  /** Unique among the tracks of this page. */
  readonly key: string;
  /** Its track's smallest: it is made whatever the link carries. */
  readonly smallest: boolean;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
}

/** One that is off comes back only when the link has carried so much more than needed... */
const BACK_SHARE = 1.25;
/** ...for so long, since each return costs a keyframe. */
const BACK_AFTER_MS = 3000;
/** The smallest gets this even from a link that carries less: there is always some picture. */
const SMALLEST_BPS = 30_000;
/** One that is on stays while it gets this share of the least it should have. */
const KEEP_SHARE = 0.8;

interface State {
  on: boolean;
  affordableSinceMs: number | undefined;
}

/**
 * Divides what the uplink carries among the encodings that are wanted, in the order given (smallest
 * first): what does not get its least is off, the rest is filled up in the same order.
 */
export class EncodingAllocation {
  readonly #states = new Map<string, State>();

  /** @returns bits a second for each candidate, in their order; 0: off. */
  divide(budgetBps: number, candidates: readonly EncodingCandidate[], nowMs: number): number[] {
    const keys = new Set(candidates.map(({ key }) => key));
    for (const key of [...this.#states.keys()]) if (!keys.has(key)) this.#states.delete(key);
    let left = budgetBps;
    const least = candidates.map((candidate) => {
      if (!this.#affordable(candidate, left, nowMs)) return 0;
      const bitrateBps = Math.min(candidate.minBitrateBps, Math.max(left, SMALLEST_BPS));
      left -= bitrateBps;
      return bitrateBps;
    });
    return least.map((bitrateBps, index) => {
      const { maxBitrateBps } = candidates[index] as EncodingCandidate;
      if (bitrateBps === 0) return 0;
      const more = Math.max(0, Math.min(left, maxBitrateBps - bitrateBps));
      left -= more;
      return Math.round(bitrateBps + more);
    });
  }

  #affordable(candidate: EncodingCandidate, leftBps: number, nowMs: number): boolean {
    const { key, smallest, minBitrateBps } = candidate;
    const state = this.#states.get(key) ?? {
      // At the beginning nothing is known against it.
      on: leftBps >= minBitrateBps,
      affordableSinceMs: undefined,
    };
    this.#states.set(key, state);
    if (smallest) return true;
    if (state.on) {
      state.on = leftBps >= minBitrateBps * KEEP_SHARE;
      state.affordableSinceMs = undefined;
      return state.on;
    }
    if (leftBps < minBitrateBps * BACK_SHARE) state.affordableSinceMs = undefined;
    else state.affordableSinceMs ??= nowMs;
    state.on =
      state.affordableSinceMs !== undefined && nowMs - state.affordableSinceMs >= BACK_AFTER_MS;
    return state.on;
  }
}
