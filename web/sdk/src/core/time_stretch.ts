import { findPeriod, periodReach } from './waveform_period.js';

const FADE_S = 0.005;

/** A packet made shorter or longer without a change of pitch. */
export interface Stretched {
  readonly samples: Float32Array;
  /** How well the cut fits, -1 to 1; below about 0.5 it may be heard. */
  readonly likeness: number;
}

/** Takes one waveform period out of `samples`; undefined when they are too few. */
export function shorten(samples: Float32Array, sampleRate: number): Stretched | undefined {
  const fade = Math.round(FADE_S * sampleRate);
  if (samples.length < periodReach(sampleRate)) return undefined;
  const { lag, likeness } = findPeriod(samples, 0, sampleRate);
  if (samples.length < lag + fade) return undefined;
  const result = samples.slice(lag);
  for (let i = 0; i < fade; i++) {
    const weight = i / fade;
    result[i] = (samples[i] as number) * (1 - weight) + (result[i] as number) * weight;
  }
  return { samples: result, likeness };
}

/** Plays one waveform period of `samples` twice; undefined when they are too few. */
export function lengthen(samples: Float32Array, sampleRate: number): Stretched | undefined {
  const fade = Math.round(FADE_S * sampleRate);
  if (samples.length < periodReach(sampleRate)) return undefined;
  const { lag, likeness } = findPeriod(samples, 0, sampleRate);
  if (samples.length < lag + fade) return undefined;
  const result = new Float32Array(samples.length + lag);
  result.set(samples.subarray(0, lag));
  result.set(samples, lag);
  for (let i = 0; i < fade; i++) {
    const weight = i / fade;
    const straight = samples[lag + i] as number;
    result[lag + i] = straight * (1 - weight) + (samples[i] as number) * weight;
  }
  return { samples: result, likeness };
}
