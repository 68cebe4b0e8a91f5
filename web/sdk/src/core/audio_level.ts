/** The level of silence in RFC 6464. */
const SILENCE = 127;

/** Level of samples (-1 to 1) as RFC 6464 has it: minus dBov of their mean power, 0 to 127. */
export function audioLevel(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return SILENCE;
  const dbov = 10 * Math.log10(sum / samples.length);
  return Math.max(0, Math.min(SILENCE, Math.round(-dbov)));
}
