/** Voices repeat every 2.5 to 15 ms (67 to 400 Hz). */
const PERIOD_MIN_S = 0.0025;
const PERIOD_MAX_S = 0.015;
/** The piece that is compared: long enough to hold a pitch pulse. */
const WINDOW_S = 0.005;
/** Every fourth sample suffices to compare, and costs a quarter. */
const STEP = 4;

/** A distance after which a piece of sound looks like itself. */
export interface WaveformPeriod {
  /** In samples. */
  readonly lag: number;
  /** How alike: 1 the same, 0 unrelated. Silence is like itself. */
  readonly likeness: number;
}

/** How many samples {@link findPeriod} needs after (or before) `at`. */
export function periodReach(sampleRate: number): number {
  // Not a sample more: a packet of 20 ms has just as many.
  return Math.round(PERIOD_MAX_S * sampleRate) + Math.round(WINDOW_S * sampleRate);
}

/**
 * Finds the lag at which the sound after `at` resembles the sound at `at` most.
 *
 * @param samples - must hold {@link periodReach} samples from `at` on.
 */
export function findPeriod(samples: Float32Array, at: number, sampleRate: number): WaveformPeriod {
  const window = Math.round(WINDOW_S * sampleRate);
  const lagMin = Math.round(PERIOD_MIN_S * sampleRate);
  const lagMax = Math.round(PERIOD_MAX_S * sampleRate);
  let best: WaveformPeriod = { lag: lagMin, likeness: Number.NEGATIVE_INFINITY };
  for (let lag = lagMin; lag <= lagMax; lag += 2) {
    const likeness = compare(samples, at, at + lag, window);
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best;
}

/** Normalised cross-correlation of two windows; 1 when both are silent. */
function compare(samples: Float32Array, a: number, b: number, window: number): number {
  let cross = 0;
  let powerA = 1e-9;
  let powerB = 1e-9;
  for (let i = 0; i < window; i += STEP) {
    const x = samples[a + i] as number;
    const y = samples[b + i] as number;
    cross += x * y;
    powerA += x * x;
    powerB += y * y;
  }
  if (powerA < 1e-6 && powerB < 1e-6) return 1;
  return cross / Math.sqrt(powerA * powerB);
}
