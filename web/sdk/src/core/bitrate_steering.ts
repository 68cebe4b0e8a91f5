/** Firefox answers each change of bitrate with a keyframe, so changes are few and worth it. */
const MIN_INTERVAL_MS = 2500;
const MIN_STEP = 0.15;
const DECREASE = 0.75;
/** Trouble must be gone this long before the rate goes up again. */
const CALM_MS = 5000;

/** What the uplink says about itself. */
export interface UplinkCondition {
  /** Frames are being left out, or bytes wait. */
  readonly congested: boolean;
  /** What the server read of this connection in the last second. */
  readonly deliveredBps: number;
}

/**
 * Steers one video encoder's bitrate by what the uplink carries: down soon after frames had to be
 * left out, up slowly after a calm time. Changes are at least 15 % and 2.5 s apart.
 */
export class BitrateSteering {
  #bitrateBps: number;
  #changedMs = Number.NEGATIVE_INFINITY;
  #troubleMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly minBps: number,
    private readonly maxBps: number,
  ) {
    this.#bitrateBps = maxBps;
  }

  get bitrateBps(): number {
    return this.#bitrateBps;
  }

  /**
   * @param shareBps - what of the delivered rate was this track's.
   * @returns true when {@link bitrateBps} changed.
   */
  update(condition: UplinkCondition, shareBps: number, nowMs: number): boolean {
    if (condition.congested) this.#troubleMs = nowMs;
    if (nowMs - this.#changedMs < MIN_INTERVAL_MS) return false;
    let wanted = this.#bitrateBps;
    if (condition.congested) {
      // A link that delivers far less than asked for is met in one step, not in many.
      wanted = Math.min(wanted * DECREASE, Math.max(shareBps * 0.9, wanted / 3));
    } else if (nowMs - this.#troubleMs >= CALM_MS) {
      wanted *= 1.25;
    }
    wanted = Math.round(Math.min(this.maxBps, Math.max(this.minBps, wanted)));
    const step = Math.abs(wanted - this.#bitrateBps) / this.#bitrateBps;
    if (step < MIN_STEP) return false;
    this.#bitrateBps = wanted;
    this.#changedMs = nowMs;
    return true;
  }
}
