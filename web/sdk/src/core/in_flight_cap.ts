import { WindowedMinimum } from './windowed_minimum.js';

/** A TCP segment on an Ethernet path with timestamps. */
const SEGMENT_BYTES = 1448;
/** TCP's own initial window (RFC 6928). */
const START_BYTES = 10 * SEGMENT_BYTES;
const FLOOR_BYTES = 3 * SEGMENT_BYTES;
const CEILING_BYTES = 1 << 20;
/** Queueing delay aimed at (delivery.md, "Late binding, twice"). */
const TARGET_MS = 30;
/**
 * A report may be up to one report interval younger than the byte it is about, except while bytes
 * stream without a pause; the smallest of this many in a row is nearly free of that.
 */
const SAMPLES = 4;
const DECREASE = 0.7;
/** Sent-byte marks remembered; older ones are merged away. */
const MARKS_MAX = 512;

/**
 * How many bytes may be under way to the server: sent, but not yet reported as read.
 *
 * A browser sees neither TCP's congestion window nor the bottleneck's queue. What it can see is how
 * long bytes take until the server reports them. Bytes beyond what the path carries only wait in
 * some buffer, and everything behind them, audio too, waits with them: so the cap grows while they
 * come through promptly and shrinks as soon as they are held up (additive increase, multiplicative
 * decrease, steered by delay).
 */
export class InFlightCap {
  #capBytes = START_BYTES;
  #sentBytes = 0;
  #reportedBytes = 0;
  #reported = false;
  #marks: { bytes: number; atMs: number }[] = [];
  readonly #shortestMs = new WindowedMinimum(30_000);
  #samples: number[] = [];
  #slowStart = true;
  #mayDecreaseAtMs = Number.NEGATIVE_INFINITY;
  #limited = false;

  /** Bytes sent but not reported. */
  get inFlightBytes(): number {
    return this.#sentBytes - this.#reportedBytes;
  }

  get capBytes(): number {
    return this.#capBytes;
  }

  /** How much longer than the shortest the way took lately, in ms. */
  get queueingMs(): number {
    if (this.#samples.length === 0) return 0;
    return Math.max(0, Math.min(...this.#samples) - this.#shortestMs.value);
  }

  /**
   * May `bytes` more be sent? A server that never reported is not waited for.
   *
   * @param urgent - audio may use a quarter more.
   */
  allows(bytes: number, urgent: boolean): boolean {
    if (!this.#reported) return true;
    const cap = urgent ? this.#capBytes * 1.25 : this.#capBytes;
    const allowed = this.inFlightBytes === 0 || this.inFlightBytes + bytes <= cap;
    if (!allowed) this.#limited = true;
    return allowed;
  }

  onSent(bytes: number, nowMs: number): void {
    this.#sentBytes += bytes;
    this.#marks.push({ bytes: this.#sentBytes, atMs: nowMs });
    if (this.#marks.length > MARKS_MAX) {
      this.#marks = this.#marks.filter((_, index) => index % 2 === 1);
    }
  }

  /** The server has read `receivedBytes` of ours since the connection began. */
  onReport(receivedBytes: number, nowMs: number): void {
    if (receivedBytes <= this.#reportedBytes || receivedBytes > this.#sentBytes) return;
    const ackedBytes = receivedBytes - this.#reportedBytes;
    this.#reportedBytes = receivedBytes;
    this.#reported = true;
    let sentAtMs: number | undefined;
    while (this.#marks[0] && this.#marks[0].bytes <= receivedBytes) {
      sentAtMs = this.#marks.shift()?.atMs;
    }
    if (sentAtMs === undefined) return;
    this.#shortestMs.push(nowMs - sentAtMs, nowMs);
    this.#samples.push(nowMs - sentAtMs);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#steer(ackedBytes, nowMs);
  }

  /** When the oldest byte under way was sent; undefined when none is. */
  get oldestSentMs(): number | undefined {
    return this.#marks[0]?.atMs;
  }

  #steer(ackedBytes: number, nowMs: number): void {
    const missing = 1 - this.queueingMs / TARGET_MS;
    if (missing < 0 && this.#samples.length === SAMPLES) {
      if (nowMs < this.#mayDecreaseAtMs) return;
      this.#slowStart = false;
      this.#capBytes = Math.max(FLOOR_BYTES, this.#capBytes * DECREASE);
      // What is under way now was sent under the old cap: judge the new one by new bytes.
      this.#mayDecreaseAtMs = nowMs + Math.max(100, Math.min(...this.#samples));
    } else if (missing > 0 && this.#limited) {
      const step = this.#slowStart ? ackedBytes : 2 * SEGMENT_BYTES * missing;
      this.#capBytes = Math.min(CEILING_BYTES, this.#capBytes + step);
    }
    this.#limited = false;
  }
}
