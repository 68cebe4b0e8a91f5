/** Smaller changes are not worth an encoder's trouble. */
const STEP_MIN = 0.08;
const DOWN_EVERY_MS = 300;
const UP_EVERY_MS = 1000;
/** Firefox answers each change with a keyframe: then changes are few and worth it. */
const COSTLY_STEP_MIN = 0.15;
const COSTLY_EVERY_MS = 2500;

/** Decides when a new target is worth telling an encoder. */
export class EncoderBitrate {
  #bps: number;
  #changedMs = Number.NEGATIVE_INFINITY;
  #costly = false;

  constructor(startBps: number) {
    this.#bps = startBps;
  }

  /** What the encoder is to be configured with. */
  get bps(): number {
    return this.#bps;
  }

  /** The encoder was seen to answer a change with a keyframe that nobody asked for. */
  changesAreCostly(): void {
    this.#costly = true;
  }

  /** True when the encoder should be configured anew, with {@link bps}. */
  aim(targetBps: number, nowMs: number): boolean {
    const step = Math.abs(targetBps - this.#bps) / this.#bps;
    if (step < (this.#costly ? COSTLY_STEP_MIN : STEP_MIN)) return false;
    const usual = targetBps < this.#bps ? DOWN_EVERY_MS : UP_EVERY_MS;
    if (nowMs - this.#changedMs < (this.#costly ? COSTLY_EVERY_MS : usual)) return false;
    this.#bps = targetBps;
    this.#changedMs = nowMs;
    return true;
  }
}
