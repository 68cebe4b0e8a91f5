const INTERVAL_MS = 100;

/**
 * What the uplink carries, from what the server read while the link was kept busy.
 *
 * Only an interval in which something always waited shows the capacity. An interval with pauses is
 * a lower bound: it may raise the estimate, never lower it, or keyframes would starve. Falls at
 * once when a busy interval shows less than half, otherwise smooths by 0.3. The same as the
 * server's `media/bandwidth_estimator.h`.
 */
export class BandwidthEstimator {
  #bps: number | undefined;
  #receivedAtStart = 0;
  #startMs: number | undefined;
  #busy = true;

  /**
   * @param receivedBytes - what the server has read in all.
   * @param busy - something waited the whole time since the last call.
   */
  update(receivedBytes: number, busy: boolean, nowMs: number): void {
    if (this.#startMs === undefined) return this.#begin(receivedBytes, nowMs);
    this.#busy &&= busy;
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < INTERVAL_MS) return;
    const sample = ((receivedBytes - this.#receivedAtStart) * 8000) / elapsedMs;
    if (this.#busy) {
      const collapsed = this.#bps !== undefined && sample < 0.5 * this.#bps;
      this.#bps =
        this.#bps === undefined || collapsed ? sample : 0.7 * this.#bps + 0.3 * sample;
    } else if (this.#bps !== undefined) {
      this.#bps = Math.max(this.#bps, sample);
    }
    this.#begin(receivedBytes, nowMs);
  }

  /** The link stood still until now: that time says nothing of its rate. */
  skip(receivedBytes: number, nowMs: number): void {
    this.#begin(receivedBytes, nowMs);
  }

  /** Undefined while the link was never busy for a whole interval. */
  get bitsPerSecond(): number | undefined {
    return this.#bps;
  }

  #begin(receivedBytes: number, nowMs: number): void {
    this.#receivedAtStart = receivedBytes;
    this.#startMs = nowMs;
    this.#busy = true;
  }
}
