/** Pictures are judged together over so long... */
const WINDOW_MS = 2000;
/** ...if there were at least so many... */
const PICTURES_MIN = 40;
/** ...and with this share of them found encoders behind, it is too much. */
const BEHIND_SHARE = 0.2;
/** Encoders that were just begun, and a page that just opened, are slow for a while. */
const BEGINNING_MS = 3000;
/** What was left out comes back after so long, longer each time that it did not last. */
const RETRY_FIRST_MS = 10_000;
const RETRY_LAST_MS = 240_000;
/** Trouble so soon after an encoding came back is that encoding's doing. */
const PROBATION_MS = 10_000;

/**
 * Measures whether this machine keeps up with the encoders of one track, and says how many of them
 * it carries: the largest goes first, and comes back carefully.
 */
export class EncoderLoad {
  #carried: number;
  #pictures = 0;
  #behind = 0;
  #windowMs = Number.NEGATIVE_INFINITY;
  #beganMs: number | undefined;
  #changedMs = Number.NEGATIVE_INFINITY;
  #retryMs = RETRY_FIRST_MS;

  /** @param encodings - how many there are. */
  constructor(private readonly encodings: number) {
    this.#carried = encodings;
  }

  /** So many of the smallest encodings may be made. */
  get carried(): number {
    return this.#carried;
  }

  /**
   * A picture was captured.
   *
   * @param behind - an encoder still held earlier pictures (submitted minus put out).
   * @returns true when {@link carried} changed.
   */
  captured(behind: boolean, nowMs: number): boolean {
    this.#beganMs ??= nowMs;
    if (nowMs - this.#beganMs < BEGINNING_MS) return false;
    if (nowMs - this.#windowMs >= WINDOW_MS) {
      // After a pause what was before it says nothing.
      this.#pictures = this.#behind = 0;
      this.#windowMs = nowMs;
    }
    this.#pictures++;
    if (behind) this.#behind++;
    if (this.#pictures >= PICTURES_MIN && this.#behind >= BEHIND_SHARE * this.#pictures) {
      return this.#leaveOut(nowMs);
    }
    return this.#carried < this.encodings && nowMs - this.#changedMs >= this.#retryMs
      ? this.#change(this.#carried + 1, nowMs)
      : false;
  }

  #leaveOut(nowMs: number): boolean {
    if (this.#carried === 1) return false;
    const soon = nowMs - this.#changedMs < PROBATION_MS;
    this.#retryMs = soon ? Math.min(2 * this.#retryMs, RETRY_LAST_MS) : RETRY_FIRST_MS;
    return this.#change(this.#carried - 1, nowMs);
  }

  #change(carried: number, nowMs: number): boolean {
    this.#carried = carried;
    this.#changedMs = nowMs;
    this.#windowMs = Number.NEGATIVE_INFINITY;
    return true;
  }
}
