/** A TCP segment on an Ethernet path with timestamps. */
export const SEGMENT_BYTES = 1448;
/** TCP's own initial window (RFC 6928). */
const START_BYTES = 10 * SEGMENT_BYTES;
/** With one segment under way each would wait for a delayed acknowledgement. */
const FLOOR_BYTES = 2 * SEGMENT_BYTES;
const CEILING_BYTES = 4 << 20;
const TARGET_MS = 30;
/** Until the target was first reached the cap doubles each round, as slow start does. */
const RAMP_ROUND_MS = 60;
/** Growth in a round trip, as a share of the cap, when the queue is empty. */
const GROWTH_PER_ROUND_TRIP = 0.5;
/** A report interval; growth between two reports is at most so many segments. */
const SAMPLE_MS = 50;
const SEGMENTS_PER_SAMPLE_MOST = 5;
const SEGMENTS_PER_SAMPLE_LEAST = 0.25;
const LEAST_FACTOR = 0.5;
const COMPETITOR_PATIENCE_MS = 5000;
const TARGET_GROWTH_MAX = 4;

/** What the link showed since the last sample. */
export interface CapSample {
  /** Above the smallest delay, as it was seen. */
  readonly queueingMs: number;
  /**
   * The same for a byte sent now, by what is under way and the rate at which that arrives: it holds
   * growth back a round trip before it is seen, and never shrinks the cap.
   */
  readonly predictedMs: number;
  readonly roundTripMs: number;
  readonly inFlightBytes: number;
  /** Since the last sample. */
  readonly ackedBytes: number;
}

/**
 * How many bytes may be under way to the server, steered by queueing delay.
 *
 * A browser sees neither TCP's congestion window nor the bottleneck's queue; what stands there can
 * be neither reordered nor dropped, and audio waits behind it. The cap keeps that queue at a target
 * delay: it grows in proportion to what is missing to the target, and shrinks multiplicatively, at
 * most once a round trip, above it. The same as the server's `media/in_flight_cap.h`, sampled by
 * reports. When the queue stays above the target for 5 s with the cap at its floor, it is somebody
 * else's queue: the target is raised (to at most 4 x) rather than starve.
 */
export class InFlightCap {
  #bytes = START_BYTES;
  #targetMs = TARGET_MS;
  #ramping = true;
  #rampMs = Number.NEGATIVE_INFINITY;
  #rampTo = START_BYTES;
  #shrunkMs = Number.NEGATIVE_INFINITY;
  #starvedSinceMs: number | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  /** Audio may go a quarter above it. */
  get bytesForAudio(): number {
    return this.#bytes * 1.25;
  }

  get targetMs(): number {
    return this.#targetMs;
  }

  /** @param limited - since the last sample the cap held something back. */
  sample(sample: CapSample, limited: boolean, nowMs: number): void {
    if (nowMs - this.#rampMs >= RAMP_ROUND_MS) {
      this.#rampMs = nowMs;
      this.#rampTo = 2 * this.#bytes;
    }
    if (sample.queueingMs >= this.#targetMs) this.#shrink(sample, nowMs);
    else if (limited) this.#grow(sample);
    this.#watchCompetitor(sample, nowMs);
  }

  #grow(sample: CapSample): void {
    const delayMs = Math.max(sample.queueingMs, sample.predictedMs);
    if (delayMs >= this.#targetMs) return;
    let step = Math.min(sample.ackedBytes, Math.max(0, this.#rampTo - this.#bytes));
    if (!this.#ramping) {
      // In proportion to the cap, so that a small one is not thrown past its target by one step.
      const perSample =
        (GROWTH_PER_ROUND_TRIP * this.#bytes) / Math.max(1, sample.roundTripMs / SAMPLE_MS);
      const bounded = Math.min(
        SEGMENTS_PER_SAMPLE_MOST * SEGMENT_BYTES,
        Math.max(SEGMENTS_PER_SAMPLE_LEAST * SEGMENT_BYTES, perSample),
      );
      step = bounded * (1 - delayMs / this.#targetMs);
    }
    this.#bytes = Math.min(CEILING_BYTES, this.#bytes + step);
  }

  #shrink(sample: CapSample, nowMs: number): void {
    this.#ramping = false;
    // What is under way now was sent under the old cap: judge the new one by new bytes.
    if (nowMs - this.#shrunkMs <= sample.roundTripMs) return;
    this.#shrunkMs = nowMs;
    const excess = (sample.queueingMs - this.#targetMs) / sample.queueingMs;
    const used = Math.min(this.#bytes, Math.max(sample.inFlightBytes, FLOOR_BYTES));
    this.#bytes = Math.max(FLOOR_BYTES, used * Math.max(LEAST_FACTOR, 1 - 0.5 * excess));
  }

  #watchCompetitor(sample: CapSample, nowMs: number): void {
    if (sample.queueingMs <= this.#targetMs || this.#bytes > FLOOR_BYTES) {
      this.#starvedSinceMs = undefined;
      if (sample.queueingMs < TARGET_MS / 2) this.#targetMs = TARGET_MS;
      return;
    }
    this.#starvedSinceMs ??= nowMs;
    if (nowMs - this.#starvedSinceMs < COMPETITOR_PATIENCE_MS) return;
    this.#targetMs = Math.min(2 * this.#targetMs, TARGET_GROWTH_MAX * TARGET_MS);
    this.#starvedSinceMs = nowMs;
  }
}
