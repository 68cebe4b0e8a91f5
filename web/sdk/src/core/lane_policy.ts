/** A lane that breaks at once would else be opened all the time, on a link that is bad already. */
const PATIENCE_LEAST_MS = 1_000;
const PATIENCE_MOST_MS = 30_000;
/** A lane that lived for so long was no mistake. */
const PROVEN_MS = 60_000;

/** Decides how long to wait before a lane is opened, or opened again (docs/protocol.md, 4.13). */
export class LanePolicy {
  #patienceMs = 0;
  #triedMs = Number.NEGATIVE_INFINITY;

  /** A lane may be opened: the first, or another after one that ended or never came to be. */
  waitMs(nowMs: number): number {
    const proven = nowMs - this.#triedMs > PROVEN_MS;
    const waitMs = proven ? 0 : this.#patienceMs;
    this.#patienceMs = proven
      ? PATIENCE_LEAST_MS
      : Math.min(PATIENCE_MOST_MS, 2 * this.#patienceMs);
    return waitMs;
  }

  /** It is being opened now. */
  tried(nowMs: number): void {
    this.#triedMs = nowMs;
  }
}
