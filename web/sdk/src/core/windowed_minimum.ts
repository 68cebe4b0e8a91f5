/**
 * The smallest value of the last `windowMs` to two times that: two buckets, constant memory.
 *
 * Clock offsets and shortest round trips are found so: queues only ever add to a measurement. The
 * window lets the minimum follow clocks that drift and routes that change.
 */
export class WindowedMinimum {
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #rotateMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly windowMs: number) {}

  push(value: number, nowMs: number): void {
    if (nowMs >= this.#rotateMs) {
      // After a long silence the previous bucket is too old to count.
      const stale = nowMs >= this.#rotateMs + this.windowMs;
      this.#previous = stale ? Number.POSITIVE_INFINITY : this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#rotateMs = nowMs + this.windowMs;
    }
    this.#current = Math.min(this.#current, value);
  }

  /** Infinity while nothing was pushed. */
  get value(): number {
    return Math.min(this.#current, this.#previous);
  }

  reset(): void {
    this.#current = this.#previous = Number.POSITIVE_INFINITY;
    this.#rotateMs = Number.NEGATIVE_INFINITY;
  }
}
