/** ITU-R BT.1359: sound ahead of the picture is noticed from 45 ms. */
const TOLERANCE_MS = 45;
/** Beyond this one does not wait for the other: something else is wrong with it. */
const WAIT_MAX_MS = 400;

/** Where both should play: (played - captured) on the publisher's clock, in ms. */
export interface SyncedOffsets {
  readonly videoMs: number;
  /** Sound should not be earlier than this; -Infinity when it need not wait. */
  readonly audioMinMs: number;
}

/**
 * Keeps a participant's sound and picture together. Both carry capture times of one clock, so they
 * are in step when both play equally long after capture: the earlier one waits for the later one.
 *
 * @param videoOwnMs - where pictures would play by themselves.
 * @param audioNowMs - where sound plays now.
 */
export function syncOffsets(videoOwnMs: number, audioNowMs: number): SyncedOffsets {
  const videoLag = videoOwnMs - audioNowMs;
  return {
    // Pictures wait for sound exactly: that is only a later timer.
    videoMs: videoLag < 0 && videoLag > -WAIT_MAX_MS ? audioNowMs : videoOwnMs,
    // Sound is stretched to wait, so it waits only to well within what is noticed.
    audioMinMs: videoLag < WAIT_MAX_MS ? videoOwnMs - TOLERANCE_MS / 2 : Number.NEGATIVE_INFINITY,
  };
}
