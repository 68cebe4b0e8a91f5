/**
 * Says when to ask for a keyframe: at once when first needed, then again at growing intervals for
 * as long as none came, since a request or its answer may be dropped on the way.
 */
export class KeyframeRequests {
  #nextMs = Number.NEGATIVE_INFINITY;
  #intervalMs: number;

  /** @param minIntervalMs - the server spaces requests by as much: 500 camera, 1000 screen. */
  constructor(private readonly minIntervalMs: number) {
    this.#intervalMs = minIntervalMs;
  }

  /** A frame could not be decoded. True when a keyframe should be asked for now. */
  needed(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    this.#nextMs = nowMs + this.#intervalMs;
    this.#intervalMs = Math.min(this.#intervalMs * 2, 8 * this.minIntervalMs);
    return true;
  }

  /** A keyframe came. */
  satisfied(): void {
    this.#intervalMs = this.minIntervalMs;
  }
}
