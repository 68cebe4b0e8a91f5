/** What is still sent of a camera or screen: everything, without layer 2, without 1 and 2, nothing
 * but a new keyframe. */
export type ThinningLevel = 0 | 1 | 2 | 3;

/** Age of the oldest unsent video byte from which each level holds, in ms. */
const ENTER_MS = { 1: 60, 2: 120, 3: 300 } as const;
/** How long the queue must stay short before one step back up. */
const RECOVER_AFTER_MS = 1000;
const CALM_BELOW_MS = 25;

/**
 * Chooses what to leave out before the socket, in the order that hurts least: upper temporal layers
 * early, while they would only just be late; the base layer last, since that freezes the picture
 * until a keyframe. Down at once, up one step at a time after the link has proved itself.
 */
export class UplinkThinning {
  #level: ThinningLevel = 0;
  #calmSinceMs: number | undefined;

  get level(): ThinningLevel {
    return this.#level;
  }

  /** @param queueMs - how long the oldest unsent video byte has waited. */
  update(queueMs: number, nowMs: number): ThinningLevel {
    const wanted: ThinningLevel =
      queueMs >= ENTER_MS[3] ? 3 : queueMs >= ENTER_MS[2] ? 2 : queueMs >= ENTER_MS[1] ? 1 : 0;
    if (wanted > this.#level) this.#level = wanted;
    if (queueMs > CALM_BELOW_MS) {
      this.#calmSinceMs = undefined;
    } else {
      this.#calmSinceMs ??= nowMs;
      if (this.#level > 0 && nowMs - this.#calmSinceMs >= RECOVER_AFTER_MS) {
        this.#level = (this.#level - 1) as ThinningLevel;
        this.#calmSinceMs = nowMs;
      }
    }
    return this.#level;
  }

  /** A keyframe may go out again: the way to it was cleared. */
  keyframeSent(): void {
    if (this.#level === 3) this.#level = 2;
  }
}
