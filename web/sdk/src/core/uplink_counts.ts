/** Counts of one track. */
export interface UplinkTrackCounts {
  sentFrames: number;
  sentBytes: number;
  thinnedFrames: number;
}

/**
 * What was sent and left out of each track, by whichever of a participant's connections.
 *
 * Bound: the tracks that are published.
 */
export class UplinkCounts {
  readonly #tracks = new Map<number, UplinkTrackCounts>();

  /** @param handle - the server's, of one of our tracks. */
  of(handle: number): UplinkTrackCounts {
    let counts = this.#tracks.get(handle);
    if (!counts) {
      counts = { sentFrames: 0, sentBytes: 0, thinnedFrames: 0 };
      this.#tracks.set(handle, counts);
    }
    return counts;
  }

  forget(handle: number): void {
    this.#tracks.delete(handle);
  }
}
