const WINDOW_MS = 1000;

/**
 * Bytes a second over the last second, from running totals.
 *
 * Bound: one entry for each 20 ms of the window.
 */
export class DeliveryRate {
  #points: { bytes: number; atMs: number }[] = [];

  /** `totalBytes` were delivered until now. */
  push(totalBytes: number, nowMs: number): void {
    const last = this.#points.at(-1);
    if (last && nowMs - last.atMs < 20 && this.#points.length > 1) last.bytes = totalBytes;
    else this.#points.push({ bytes: totalBytes, atMs: nowMs });
    while (this.#points.length > 2 && nowMs - (this.#points[1]?.atMs ?? nowMs) >= WINDOW_MS) {
      this.#points.shift();
    }
  }

  /** Bits a second at `nowMs`; 0 before two points are known. */
  bitsPerSecond(nowMs: number): number {
    const [first] = this.#points;
    const last = this.#points.at(-1);
    if (!first || !last || last === first) return 0;
    const spanMs = Math.max(WINDOW_MS / 2, nowMs - first.atMs);
    return ((last.bytes - first.bytes) * 8000) / spanMs;
  }
}
