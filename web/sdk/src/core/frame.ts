/** One encoded frame of one encoding of one track, as it travels (docs/protocol.md, section 5). */
export interface Frame {
  readonly handle: number;
  readonly encoding: number;
  readonly temporalLayer: number;
  /** Number in its encoding; wraps at 2^32. */
  readonly number: number;
  readonly keyframe: boolean;
  /** No other frame depends on this one. */
  readonly discardable: boolean;
  /** Microseconds on the publisher's clock. */
  readonly captureTimeUs: number;
  readonly group: number;
  readonly audioLevel: number;
  /** Distances back to the frames that this one needs. */
  readonly dependencies: readonly number[];
  readonly payload: Uint8Array;
}

/** The number of the frame that lies `distance` before `number`. */
export function frameBefore(number: number, distance: number): number {
  return (number - distance) >>> 0;
}

/** How far `newer` is after `older`; negative when it is before. Numbers wrap at 2^32. */
export function frameDistance(newer: number, older: number): number {
  return (newer - older) | 0;
}
