import { BandwidthEstimator } from './bandwidth_estimator.js';
import { InFlightCap, SEGMENT_BYTES } from './in_flight_cap.js';
import { ReceiverProgress } from './receiver_progress.js';
import { ReportNoise } from './report_noise.js';

/** What may wait inside the browser's socket, where nothing can be taken back. */
const SOCKET_BYTES_MAX = 4 * 1024;
/** A slow link gets chunks of 10 ms, so that audio waits no longer than that for one. */
const SLOW_BPS = 2_000_000;
const CHUNK_BYTES_MIN = 480;
const CHUNK_BYTES_SLOW_MAX = 1200;
const CHUNK_BYTES_MAX = 16 * 1024;
/** Only a link with a queue this long shows what it carries; without one our cap was the limit. */
const FULL_MS = 12;
/** Nothing had to wait for so long: what delay there is now is not ours. */
const FREE_MS = 300;
/** The cap alone steers once the link has been full for so long. */
const BEGINNING_MS = 200;
const OUTAGE_LEAST_MS = 400;
/** As the server does on its side of a lane. */
const STALL_LEAST_MS = 1000;

/**
 * Decides when media may be handed to the socket and how much: late binding for a browser, which
 * sees of its connection only `bufferedAmount` and what the server reports as read. Sans-IO; the
 * counterpart of the server's `media/link_controller.h`.
 */
export class LinkController {
  readonly #progress = new ReceiverProgress();
  readonly #cap = new InFlightCap();
  readonly #estimator = new BandwidthEstimator();
  readonly #noise = new ReportNoise();
  #reportedMs = Number.NEGATIVE_INFINITY;
  #receivedAtSample = 0;
  /** When nothing waited last. */
  #drainedMs = Number.NEGATIVE_INFINITY;
  #limited = false;
  #limitedMs = Number.NEGATIVE_INFINITY;
  #busy = false;

  get inFlightBytes(): number {
    return this.#progress.inFlightBytes;
  }

  /** What media waits on the way beyond the shortest, as far as reports show it. */
  get queueingMs(): number {
    return Math.max(0, this.#progress.queueingMs - this.#noise.slackMs);
  }

  /** What the link carries; undefined while it was never full. */
  get bitsPerSecond(): number | undefined {
    return this.#estimator.bitsPerSecond;
  }

  /** From sending to hearing of it, in ms; 0 before the first report. */
  get roundTripMs(): number {
    return this.#progress.delayMs;
  }

  /** Room for a keyframe: little is under way. */
  roomy(nowMs: number): boolean {
    return !this.#progress.reporting(nowMs) || 2 * this.inFlightBytes <= this.#cap.bytes;
  }

  /** @param bufferedBytes - the socket's `bufferedAmount`. */
  maySendVideo(bufferedBytes: number, nowMs: number): boolean {
    return this.#may(bufferedBytes < SOCKET_BYTES_MAX, this.#inFlightMost(nowMs), nowMs);
  }

  /** Audio may use a quarter more. */
  maySendAudio(bufferedBytes: number, nowMs: number): boolean {
    return this.#may(bufferedBytes < 2 * SOCKET_BYTES_MAX, this.#cap.bytesForAudio, nowMs);
  }

  /** How large the next chunk of video should be, in bytes. */
  chunkBytes(): number {
    const bps = this.bitsPerSecond;
    const room = Math.max(CHUNK_BYTES_SLOW_MAX, this.#cap.bytes - this.inFlightBytes);
    if (bps === undefined || bps >= SLOW_BPS) return Math.min(CHUNK_BYTES_MAX, room);
    const in10ms = Math.round((bps / 8) * 0.01);
    return Math.min(CHUNK_BYTES_SLOW_MAX, Math.max(CHUNK_BYTES_MIN, in10ms));
  }

  sent(bytes: number, nowMs: number): void {
    // A link that was idle has not failed to carry anything.
    if (this.inFlightBytes === 0) this.#reportedMs = nowMs;
    this.#progress.sent(bytes, nowMs);
  }

  /** Everything that waited went out. */
  drained(nowMs: number): void {
    this.#drainedMs = nowMs;
    this.#busy = false;
  }

  /** The server has read `receivedBytes` of ours since the connection began. */
  reported(receivedBytes: number, nowMs: number): void {
    const stood = this.outage(nowMs);
    if (!this.#progress.reported(receivedBytes, nowMs)) return;
    this.#reportedMs = nowMs;
    if (nowMs - this.#limitedMs > FREE_MS) this.#noise.learn(this.#progress.queueingMs);
    if (stood) this.#estimator.skip(receivedBytes, nowMs);
    else this.#estimator.update(receivedBytes, this.#busy && this.#full, nowMs);
    this.#cap.sample(
      {
        queueingMs: this.queueingMs,
        predictedMs: this.#predictedMs(),
        roundTripMs: this.#progress.delayMs,
        inFlightBytes: this.inFlightBytes,
        ackedBytes: receivedBytes - this.#receivedAtSample,
      },
      this.#limited,
      nowMs,
    );
    this.#receivedAtSample = receivedBytes;
    this.#limited = false;
    this.#busy = true; // until `drained` says otherwise
  }

  /** Nothing has been read for so long that feeding the socket only makes things later. */
  outage(nowMs: number): boolean {
    const patienceMs = Math.max(4 * this.#progress.minDelayMs, OUTAGE_LEAST_MS);
    return (
      this.inFlightBytes > 0 &&
      this.#progress.reporting(nowMs) &&
      nowMs - this.#reportedMs > patienceMs
    );
  }

  /** Something lies in this connection for so long that sound in it is lost. */
  stalled(nowMs: number): boolean {
    const sentMs = this.#progress.oldestSentMs;
    if (sentMs === undefined || !this.#progress.reporting(nowMs)) return false;
    return nowMs - sentMs > Math.max(4 * this.#progress.minDelayMs, STALL_LEAST_MS);
  }

  /**
   * Out of a pause the cap is what it was before: the link may have changed, and a keyframe would
   * fill it at once. Begin with what the link was last seen to carry in a round trip and twice the
   * target. Only begin: held for long, a bound fed by its own delivery rate spirals down.
   */
  #inFlightMost(nowMs: number): number {
    const bps = this.bitsPerSecond;
    if (bps === undefined || nowMs - this.#drainedMs > BEGINNING_MS) return this.#cap.bytes;
    const roomMs = this.#progress.minDelayMs + 2 * this.#cap.targetMs;
    return Math.min(this.#cap.bytes, Math.max((bps / 8000) * roomMs, 2 * SEGMENT_BYTES));
  }

  get #full(): boolean {
    return this.#progress.queueingMs >= FULL_MS;
  }

  #may(socketHasRoom: boolean, capBytes: number, nowMs: number): boolean {
    const underCap = !this.#progress.reporting(nowMs) || this.inFlightBytes < capBytes;
    if (underCap && socketHasRoom && !this.outage(nowMs)) return true;
    this.#limited = true;
    this.#limitedMs = nowMs;
    return false;
  }

  /** A delay is seen when the bytes that had it arrive, a round trip late. */
  #predictedMs(): number {
    const bps = this.bitsPerSecond;
    if (bps === undefined || bps < 8) return 0;
    const underWayMs = (this.inFlightBytes * 8000) / bps;
    return underWayMs - this.#progress.minDelayMs - this.#noise.slackMs;
  }
}
