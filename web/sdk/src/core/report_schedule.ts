/**
 * When to report how much media was read (docs/protocol.md, 4.8): within the interval of the first
 * byte not yet reported; not at all while nothing arrives.
 */
export class ReportSchedule {
  #receivedBytes = 0;
  #dueMs: number | undefined;

  constructor(private intervalMs: number) {}

  /** From the next report on. */
  setInterval(intervalMs: number): void {
    this.intervalMs = intervalMs;
  }

  onReceived(bytes: number, nowMs: number): void {
    this.#receivedBytes += bytes;
    this.#dueMs ??= nowMs + this.intervalMs;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** When {@link poll} will next be true; undefined while there is nothing to report. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** True when a report is due; it then counts as sent. */
  poll(nowMs: number): boolean {
    if (this.#dueMs === undefined || nowMs < this.#dueMs) return false;
    this.#dueMs = undefined;
    return true;
  }
}
