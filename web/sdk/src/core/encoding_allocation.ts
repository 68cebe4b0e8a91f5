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
/** ...for so long, since each return costs a keyframe; longer each time that it did not last. */
const BACK_AFTER_MS = 3000;
const BACK_AFTER_MOST_MS = 60_000;
/** Off again so soon after it came back, it did not last. */
const LASTS_MS = 10_000;
/** The smallest gets this even from a link that carries less: there is always some picture. */
const SMALLEST_BPS = 30_000;
/** One that is on stays while it gets this share of the least it should have. */
const KEEP_SHARE = 0.8;

interface State {
  on: boolean;
  affordableSinceMs: number | undefined;
  backAfterMs: number;
  changedMs: number;
}

/**
 * Divides what the uplink carries among the encodings that are wanted, in the order given (smallest
 * first): what does not get its least is off, the rest is filled up in the same order.
 */
export class EncodingAllocation {
  readonly #states = new Map<string, State>();

  /**
   * The most that is of use: what all that is on can take, and what brings back the next one. A
   * budget that grew beyond it would not have been tried.
   */
  usefulBps(candidates: readonly EncodingCandidate[]): number {
    let sum = 0;
    for (const { key, smallest, minBitrateBps, maxBitrateBps } of candidates) {
      if (!smallest && !this.#states.get(key)?.on) return sum + minBitrateBps * BACK_SHARE;
      sum += maxBitrateBps;
    }
    return sum;
  }

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
      on: smallest || leftBps >= minBitrateBps,
      affordableSinceMs: undefined,
      backAfterMs: BACK_AFTER_MS,
      changedMs: Number.NEGATIVE_INFINITY,
    };
    this.#states.set(key, state);
    if (smallest) return true;
    if (state.on) this.#watch(state, leftBps >= minBitrateBps * KEEP_SHARE, nowMs);
    else this.#tryBack(state, leftBps >= minBitrateBps * BACK_SHARE, nowMs);
    return state.on;
  }

  #watch(state: State, affordable: boolean, nowMs: number): void {
    if (affordable) return;
    const lasted = nowMs - state.changedMs >= LASTS_MS;
    const longer = Math.min(2 * state.backAfterMs, BACK_AFTER_MOST_MS);
    state.backAfterMs = lasted ? BACK_AFTER_MS : longer;
    state.on = false;
    state.changedMs = nowMs;
    state.affordableSinceMs = undefined;
  }

  #tryBack(state: State, affordable: boolean, nowMs: number): void {
    if (!affordable) {
      state.affordableSinceMs = undefined;
      return;
    }
    state.affordableSinceMs ??= nowMs;
    if (nowMs - state.affordableSinceMs < state.backAfterMs) return;
    state.on = true;
    state.changedMs = nowMs;
  }
}
