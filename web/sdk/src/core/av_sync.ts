/** Beyond this one does not wait for the other: something else is wrong with it. */
const WAIT_MAX_MS = 400;

/** Sound so much behind the picture is not noticed: pictures need not wait for the rest. */
const UNNOTICED_MS = 40;

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
 * Sound ahead of the picture is noticed from 45 ms, behind it only from 125 (ITU-R BT.1359), and a
 * picture takes a frame more to the screen than we know of: so sound waits fully, at its own pace,
 * and pictures wait for all but 40 ms.
 *
 * @param videoOwnMs - where pictures would play by themselves.
 * @param audioNowMs - where sound plays now.
 */
export function syncOffsets(videoOwnMs: number, audioNowMs: number): SyncedOffsets {
  const videoLag = videoOwnMs - audioNowMs;
  return {
    videoMs: videoLag > -WAIT_MAX_MS ? Math.max(videoOwnMs, audioNowMs - UNNOTICED_MS) : videoOwnMs,
    audioMinMs: videoLag < WAIT_MAX_MS ? videoOwnMs : Number.NEGATIVE_INFINITY,
  };
}
