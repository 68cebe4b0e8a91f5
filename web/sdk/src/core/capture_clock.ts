import { WindowedMinimum } from './windowed_minimum.js';

/** A jump of the source's clock by more than this is a new clock, not delay. */
const JUMP_US = 1_000_000;
/** Devices that stall on a busy machine count samples, not time, and are behind for good after it. */
const WINDOW_MS = 2_000;

/**
 * Maps the timestamps of one capture source to the clock that all tracks of this page share.
 *
 * Chromium stamps camera frames with time since boot and microphone data with time since
 * navigation, so neither can be sent as it is. The shared clock is the wall clock; what lies
 * between is the smallest (arrival - timestamp) seen lately, since delivery only adds delay.
 */
export class CaptureClock {
  readonly #offsetUs = new WindowedMinimum(WINDOW_MS);
  #lastUs = Number.NEGATIVE_INFINITY;

  /**
   * @param timestampUs - what the source says.
   * @param arrivalUs - the shared clock when it arrived here.
   * @returns the capture time on the shared clock; later than that of every earlier call.
   */
  map(timestampUs: number, arrivalUs: number): number {
    const offset = arrivalUs - timestampUs;
    if (Math.abs(offset - this.#offsetUs.value) > JUMP_US) this.#offsetUs.reset();
    this.#offsetUs.push(offset, arrivalUs / 1000);
    const captureUs = Math.max(timestampUs + this.#offsetUs.value, this.#lastUs + 1);
    this.#lastUs = captureUs;
    return Math.round(captureUs);
  }
}
