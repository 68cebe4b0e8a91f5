/** Beats are asked for this often... */
export const BEAT_MS = 20;
/** ...and a timer may be so late without anything being wrong. */
const SLACK_MS = 20;

/**
 * A clock that stands still while this thread does: what waited while a busy machine gave us no
 * time did not wait for the network, and must not count as delay of the link.
 *
 * Needs {@link at} to be called at least every {@link BEAT_MS}.
 */
export class RunningClock {
  #lastMs: number | undefined;
  #stoodMs = 0;

  /** @param nowMs - of a clock that never stands still. */
  at(nowMs: number): number {
    const gapMs = nowMs - (this.#lastMs ?? nowMs);
    if (gapMs > BEAT_MS + SLACK_MS) this.#stoodMs += gapMs - BEAT_MS;
    this.#lastMs = nowMs;
    return nowMs - this.#stoodMs;
  }
}
