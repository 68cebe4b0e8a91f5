/** Begin low: the first keyframes are as large as the rate, and a good link is found in seconds. */
const START_BPS = 300_000;
/** Of what the link was seen to carry; audio comes off, and keyframes need the rest. */
const SHARE_OF_LINK = 0.85;
/** No step takes more than half: one bad measurement must not end the picture. */
const STEP_DOWN_LEAST = 0.5;
const STEP_DOWN = 0.85;
/** A keyframe alone makes a queue; trouble is what lasts longer. */
const TROUBLE_LASTS_MS = 300;
/** Trouble at a rate that the link should carry is met more slowly. */
const TROUBLE_ANYWAY_MS = 1000;
/** Thinning hides trouble and goes on for a while; longer than this, the rate is to blame. */
const THINNING_LASTS_MS = 1200;
/** Frames left out so far apart are not one and the same thinning. */
const THINNING_PAUSE_MS = 500;
const DOWN_EVERY_MS = 500;
/** Trouble must be gone so long before the rate goes up; longer when the last rise did not hold. */
const CALM_FIRST_MS = 1500;
const CALM_LAST_MS = 5000;
const RISE_PROVEN_MS = 4000;
const UP_EVERY_MS = 250;
const STEP_UP = 1.06;
/** Beyond what the link was seen to carry each step may be one too many, until many held. */
const STEP_UP_BEYOND = 1.03;
const RISE_HOLDS_MS = 2000;
/** Before any trouble nothing speaks against more. */
const STEP_UP_FIRST = 1.1;
/** Pictures are queued longer than that only when the link is full. */
const QUEUE_MS = 100;
/** And bytes under way are delayed longer than this beyond the shortest way. */
const QUEUEING_MS = 60;

/** What the uplink says about itself. */
export interface UplinkCondition {
  /** Video frames were left out since the last update. */
  readonly leftOut: boolean;
  /** How long the oldest unsent video frame has waited. */
  readonly queueMs: number;
  /** Delay of what is under way beyond the shortest. */
  readonly queueingMs: number;
  /** What the link carries, from times in which it was full. */
  readonly linkBps: number | undefined;
  /** Nothing comes through at all, which says nothing of the rate. */
  readonly outage: boolean;
  /** What audio takes of it. */
  readonly audioBps: number;
}

/**
 * How many bits a second all video encoders together may make: down within half a second of
 * lasting trouble, to what the link was seen to carry; up after a calm time, by an eighth to a
 * quarter a second.
 */
export class UplinkBudget {
  #videoBps = START_BPS;
  #troubled = false;
  #troubleSinceMs: number | undefined;
  #thinningSinceMs = Number.POSITIVE_INFINITY;
  #thinnedMs = Number.NEGATIVE_INFINITY;
  #troubleMs = Number.NEGATIVE_INFINITY;
  #loweredMs = Number.NEGATIVE_INFINITY;
  #raisedMs = Number.NEGATIVE_INFINITY;
  #calmMs = CALM_FIRST_MS;

  /** @param floorBps - never less: the smallest encodings at their least. */
  constructor(private readonly floorBps: number = 40_000) {}

  get videoBps(): number {
    return this.#videoBps;
  }

  /**
   * Learns; call it ten times a second.
   *
   * @param usefulBps - what the encoders could make use of: more would not be tried.
   */
  update(condition: UplinkCondition, usefulBps: number, nowMs: number): void {
    if (condition.outage) {
      this.#troubleSinceMs = undefined;
      return;
    }
    this.#watchThinning(condition.leftOut, nowMs);
    const trouble = condition.queueMs > QUEUE_MS || condition.queueingMs > QUEUEING_MS;
    if (!trouble) this.#troubleSinceMs = undefined;
    else this.#troubleSinceMs ??= nowMs;
    if (trouble) this.#troubleMs = nowMs;
    const lastedMs = this.#troubleSinceMs === undefined ? 0 : nowMs - this.#troubleSinceMs;
    const thinning = nowMs - this.#thinningSinceMs >= THINNING_LASTS_MS;
    if (lastedMs >= TROUBLE_LASTS_MS || thinning) this.#lower(condition, lastedMs, nowMs);
    else if (!trouble) this.#rise(condition, usefulBps, nowMs);
  }

  #watchThinning(leftOut: boolean, nowMs: number): void {
    if (nowMs - this.#thinnedMs > THINNING_PAUSE_MS) {
      this.#thinningSinceMs = Number.POSITIVE_INFINITY;
    }
    if (!leftOut) return;
    this.#thinnedMs = nowMs;
    this.#thinningSinceMs = Math.min(this.#thinningSinceMs, nowMs);
  }

  #lower({ linkBps, audioBps }: UplinkCondition, lastedMs: number, nowMs: number): void {
    this.#troubleMs = nowMs;
    if (nowMs - this.#loweredMs < DOWN_EVERY_MS) return;
    const slowly = this.#videoBps * STEP_DOWN;
    // A link that was never full carries at least this.
    const carried = (linkBps ?? Number.POSITIVE_INFINITY) * SHARE_OF_LINK - audioBps;
    const lower = carried < this.#videoBps ? carried : slowly;
    if (lower === slowly && lastedMs < TROUBLE_ANYWAY_MS) return;
    this.#thinningSinceMs = nowMs;
    this.#videoBps = Math.max(lower, this.#videoBps * STEP_DOWN_LEAST, this.floorBps);
    // A rise that ended so soon was one too many: wait longer before the next.
    const proven = nowMs - this.#raisedMs >= RISE_PROVEN_MS;
    this.#calmMs = proven || !this.#troubled ? CALM_FIRST_MS : Math.min(2 * this.#calmMs, CALM_LAST_MS);
    this.#troubled = true;
    this.#loweredMs = nowMs;
  }

  #rise({ linkBps = 0, audioBps }: UplinkCondition, usefulBps: number, nowMs: number): void {
    if (this.#videoBps >= usefulBps) return;
    const calmSinceMs = Math.max(this.#troubleMs, this.#thinnedMs);
    if (nowMs - calmSinceMs < this.#calmMs || nowMs - this.#raisedMs < UP_EVERY_MS) return;
    const known = this.#videoBps + audioBps < linkBps * SHARE_OF_LINK;
    const holds = nowMs - calmSinceMs - this.#calmMs >= RISE_HOLDS_MS;
    const step = !this.#troubled ? STEP_UP_FIRST : known || holds ? STEP_UP : STEP_UP_BEYOND;
    this.#videoBps = Math.min(usefulBps, this.#videoBps * step);
    this.#raisedMs = nowMs;
  }
}
