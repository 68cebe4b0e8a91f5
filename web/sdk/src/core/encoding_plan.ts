import { fitPicture, type PictureSize } from './fit_picture.js';

/** One of the encodings of a track. */
export interface EncodingPlan {
  readonly config: VideoEncoderConfig & PictureSize;
  /** Below this the encoding is better left out than made, unless it is the smallest. */
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
}

/** One way to encode a video track, to be tried in order. */
export interface VideoPlan {
  readonly codec: string;
  readonly temporalLayers: number;
  readonly framerate: number;
  /** Smallest picture first; the place in the list is the encoding's number. */
  readonly encodings: readonly [EncodingPlan, ...EncodingPlan[]];
}

/** A step of the ladder: pictures up to this many pixels, at these rates. */
interface Step {
  readonly limit: PictureSize;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
}

/**
 * VP8 encoders from 640x480 on work with several threads that spin while they wait: with one other
 * busy program on two cores, 640x480 fell to 10 frames a second. At 640x360 nothing of it is seen.
 */
const SMALL: Step = {
  limit: { width: 320, height: 180 },
  minBitrateBps: 100_000,
  maxBitrateBps: 150_000,
};
const MEDIUM: Step = {
  limit: { width: 640, height: 360 },
  minBitrateBps: 150_000,
  maxBitrateBps: 700_000,
};
const LARGE: Step = {
  limit: { width: 1280, height: 720 },
  minBitrateBps: 600_000,
  maxBitrateBps: 1_700_000,
};
/** A source of so many lines or more has the third step... */
const LARGE_FROM_LINES = 720;
/** ...where the spinning threads have cores of their own. */
const LARGE_FROM_CORES = 4;
/** A step that has not at least so many times the pixels of the one below is not worth making. */
const WORTHWHILE = 1.5;
/** Screens: VP9 keeps 30 frames a second at 720p under the load that stops VP8. */
const SCREEN: Step = { ...LARGE, minBitrateBps: 150_000, maxBitrateBps: 1_200_000 };
const SCREEN_VP8: Step = { ...MEDIUM, minBitrateBps: 100_000, maxBitrateBps: 600_000 };

/**
 * How to encode a camera picture of size `source`, best first.
 *
 * @param cores - logical processors of this machine.
 */
export function cameraPlans(source: PictureSize, cores: number): VideoPlan[] {
  const large = Math.min(source.width, source.height) >= LARGE_FROM_LINES;
  const steps = [SMALL, MEDIUM, ...(large && cores >= LARGE_FROM_CORES ? [LARGE] : [])];
  return [plan('vp8', source, steps, 30, 3), plan('vp8', source, steps, 30, 1)];
}

/**
 * How to encode a screen, best first: VP9 keeps letters sharp; VP8 within its limit where VP9 is
 * missing. One encoding: a smaller one could not be read. Rates are low, since screens stand still
 * most of the time and detail counts.
 */
export function screenPlans(source: PictureSize): VideoPlan[] {
  return [
    plan('vp09.00.10.08', source, [SCREEN], 15, 3),
    plan('vp8', source, [SCREEN_VP8], 15, 3),
    plan('vp8', source, [SCREEN_VP8], 15, 1),
  ];
}

function plan(
  codec: string,
  source: PictureSize,
  steps: readonly Step[],
  framerate: number,
  temporalLayers: number,
): VideoPlan {
  const encodings: EncodingPlan[] = [];
  let pixels = 0;
  for (const step of steps) {
    const size = fitPicture(source, step.limit);
    if (size.width * size.height < pixels * WORTHWHILE) continue;
    pixels = size.width * size.height;
    encodings.push(encoding(codec, size, step, framerate, temporalLayers));
  }
  return {
    codec,
    temporalLayers,
    framerate,
    encodings: encodings as [EncodingPlan, ...EncodingPlan[]],
  };
}

function encoding(
  codec: string,
  size: PictureSize,
  { limit, minBitrateBps, maxBitrateBps }: Step,
  framerate: number,
  temporalLayers: number,
): EncodingPlan {
  // Small pictures need less, but not in proportion.
  const share = (size.width * size.height) / (limit.width * limit.height);
  const scale = Math.max(0.2, Math.pow(share, 0.75));
  const bitrate = Math.round(maxBitrateBps * scale);
  const config = {
    codec,
    ...size,
    framerate,
    bitrate,
    latencyMode: 'realtime' as const,
    // hardwareAcceleration stays unset: Chromium refuses "prefer-hardware" where there is none.
    ...(temporalLayers > 1 ? { scalabilityMode: `L1T${temporalLayers}` } : {}),
  };
  return { config, minBitrateBps: Math.round(minBitrateBps * scale), maxBitrateBps: bitrate };
}
