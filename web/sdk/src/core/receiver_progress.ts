import { WindowedMinimum } from './windowed_minimum.js';

/** Sent-byte marks remembered; more are merged into the newest. */
const MARKS_MAX = 512;
/** Two report intervals and a long round trip after the first byte, a server has reported. */
const FIRST_REPORT_MS = 400;
/**
 * A report is up to an interval late, and later when the server or this page is short of time; the
 * smallest of so many in a row is nearly free of that.
 */
const SAMPLES = 3;
/** A queue that stands for a minute must not become the new normal. */
const MINIMUM_LASTS_MS = 75_000;

/**
 * What the server's reports say of the way to it, end to end.
 *
 * A report names the media bytes that the server has read, so its age against the moment when those
 * bytes were sent is the whole delay, and sent minus read is all that is under way, wherever it
 * waits: in the browser, in the kernel, at the bottleneck, in a proxy.
 *
 * Bound: 512 marks; more are merged (the older mark goes).
 */
export class ReceiverProgress {
  #marks: { end: number; readonly atMs: number }[] = [];
  readonly #minimum = new WindowedMinimum(MINIMUM_LASTS_MS);
  #sentBytes = 0;
  #receivedBytes = 0;
  #reports = 0;
  #firstSentMs = 0;
  #delayMs = 0;
  #samples: number[] = [];

  sent(bytes: number, nowMs: number): void {
    if (this.#sentBytes === 0) this.#firstSentMs = nowMs;
    this.#sentBytes += bytes;
    const newest = this.#marks.at(-1);
    // What is sent in one go has one mark.
    if (newest && (newest.atMs === nowMs || this.#marks.length === MARKS_MAX)) {
      newest.end = this.#sentBytes;
    } else {
      this.#marks.push({ end: this.#sentBytes, atMs: nowMs });
    }
  }

  /** False when the server cannot have read that: the report says nothing. */
  reported(receivedBytes: number, nowMs: number): boolean {
    if (receivedBytes > this.#sentBytes || receivedBytes <= this.#receivedBytes) return false;
    this.#receivedBytes = receivedBytes;
    this.#reports++;
    let sentMs: number | undefined;
    while (this.#marks[0] && this.#marks[0].end <= receivedBytes) {
      sentMs = this.#marks.shift()?.atMs;
    }
    // A report from the middle of a mark: the newest bytes that are there are of that one.
    const sample = nowMs - (sentMs ?? this.#marks[0]?.atMs ?? nowMs);
    this.#minimum.push(sample, nowMs);
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#delayMs = Math.min(...this.#samples);
    return true;
  }

  /** What the server has read in all. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Sent and not reported as read. */
  get inFlightBytes(): number {
    return this.#sentBytes - this.#receivedBytes;
  }

  /** Whether {@link inFlightBytes} means something: a server that never reports is not waited for. */
  reporting(nowMs: number): boolean {
    return this.#reports > 0 || nowMs - this.#firstSentMs < FIRST_REPORT_MS;
  }

  /** From sending to the report: the smallest of the last few, so that a slow report is no trend. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** The smallest delay of the last minutes; 0 while unknown. */
  get minDelayMs(): number {
    return this.#reports === 0 ? 0 : Math.min(this.#minimum.value, this.#delayMs);
  }

  get queueingMs(): number {
    return this.#delayMs - this.minDelayMs;
  }

  /** When the oldest byte under way was sent; undefined when none is. */
  get oldestSentMs(): number | undefined {
    return this.#marks[0]?.atMs;
  }
}
