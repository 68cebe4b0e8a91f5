import { fitPicture, type PictureSize } from './fit_picture.js';

/** One way to encode a video track, to be tried in order. */
export interface VideoPlan {
  readonly config: VideoEncoderConfig;
  readonly temporalLayers: number;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
  readonly framerate: number;
}

/**
 * Larger VP8 encoders work with several threads that spin while they wait: with one other busy
 * program on two cores, 640x480 fell to 10 frames a second. At 640x360 nothing of it is seen.
 */
const VP8_LIMIT: PictureSize = { width: 640, height: 360 };
/** VP9 keeps 30 frames a second at 720p under the same load. */
const VP9_LIMIT: PictureSize = { width: 1280, height: 720 };

/** How to encode a camera picture of size `source`, best first. */
export function cameraPlans(source: PictureSize): VideoPlan[] {
  const size = fitPicture(source, VP8_LIMIT);
  const bitrates = bitrateRange(size, 600_000, VP8_LIMIT);
  return [plan('vp8', size, 30, 3, bitrates), plan('vp8', size, 30, 1, bitrates)];
}

/**
 * How to encode a screen, best first: VP9 keeps letters sharp; VP8 within its limit where VP9 is
 * missing. Rates are low, since screens stand still most of the time and detail counts.
 */
export function screenPlans(source: PictureSize): VideoPlan[] {
  const large = fitPicture(source, VP9_LIMIT);
  const small = fitPicture(source, VP8_LIMIT);
  const largeRates = bitrateRange(large, 1_200_000, VP9_LIMIT);
  const smallRates = bitrateRange(small, 600_000, VP8_LIMIT);
  return [
    plan('vp09.00.10.08', large, 15, 3, largeRates),
    plan('vp8', small, 15, 3, smallRates),
    plan('vp8', small, 15, 1, smallRates),
  ];
}

function plan(
  codec: string,
  size: PictureSize,
  framerate: number,
  temporalLayers: number,
  [minBitrateBps, maxBitrateBps]: readonly [number, number],
): VideoPlan {
  const config: VideoEncoderConfig = {
    codec,
    ...size,
    framerate,
    bitrate: maxBitrateBps,
    latencyMode: 'realtime',
    // hardwareAcceleration stays unset: Chromium refuses "prefer-hardware" where there is none.
    ...(temporalLayers > 1 ? { scalabilityMode: `L1T${temporalLayers}` } : {}),
  };
  return { config, temporalLayers, minBitrateBps, maxBitrateBps, framerate };
}

/** Small pictures need less, but not in proportion. */
function bitrateRange(size: PictureSize, fullBps: number, limit: PictureSize): [number, number] {
  const share = (size.width * size.height) / (limit.width * limit.height);
  const max = Math.round(fullBps * Math.max(0.2, Math.pow(share, 0.75)));
  return [Math.round(max / 6), max];
}
