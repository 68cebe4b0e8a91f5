/**
 * Lets through as many pictures of a source as are wanted a second, evenly: cameras may deliver 60,
 * screens as many as the display.
 */
export class PicturePacer {
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly framerate: number) {}

  /** True when the picture captured at `captureMs` should be encoded. */
  wants(captureMs: number): boolean {
    const interval = 1000 / this.framerate;
    // Half an interval of tolerance, so that 30 of 30 come through however they jitter.
    if (captureMs < this.#nextMs - interval / 2) return false;
    const behind = captureMs - this.#nextMs > interval;
    this.#nextMs = behind ? captureMs + interval : this.#nextMs + interval;
    return true;
  }
}
