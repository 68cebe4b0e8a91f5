// What a person saw and heard, in figures, from what a page showed and when.

/** Standing still longer than this is a freeze: the rule of WebRTC's statistics (`freezeCount`). */
const kFreezeFactor = 3;
const kFreezeExtraMs = 150;
const kSmoothing = 0.1;
const kUsualMs = 1000 / 30;
/** A picture this old is live. */
const kLiveMs = 400;
const kLoud = 0.01;

const percentile = (sorted, share) => sorted[Math.floor((sorted.length - 1) * share)];

/**
 * Sums up pictures shown from `beganMs` on for `ms`: `{ fps, age50, age95, frozenSeconds, width }`;
 * `width` is that of most pictures.
 *
 * @param pictures `[{ shownMs, takenMs, width }]`
 */
export function pictureFigures(pictures, beganMs, ms) {
  const shown = pictures.filter(({ takenMs }, index) => takenMs !== pictures[index - 1]?.takenMs);
  const ages = shown.map(({ shownMs, takenMs }) => shownMs - takenMs).sort((a, b) => a - b);
  const widths = new Map();
  for (const { width } of shown) widths.set(width, (widths.get(width) ?? 0) + 1);
  const [mostOften] = [...widths].sort(([, a], [, b]) => b - a);
  return {
    fps: (shown.length * 1000) / ms,
    age50: percentile(ages, 0.5),
    age95: percentile(ages, 0.95),
    frozenSeconds: frozenMs(shown, beganMs, beganMs + ms) / 1000,
    width: mostOften?.[0],
  };
}

function frozenMs(shown, beganMs, endMs) {
  let usualMs = kUsualMs;
  let frozen = 0;
  let beforeMs = beganMs;
  for (const atMs of [...shown.map(({ shownMs }) => shownMs), endMs]) {
    const gapMs = atMs - beforeMs;
    if (gapMs > Math.max(kFreezeFactor * usualMs, usualMs + kFreezeExtraMs)) frozen += gapMs;
    else usualMs += kSmoothing * (gapMs - usualMs);
    beforeMs = atMs;
  }
  return frozen;
}

/** Milliseconds from `backMs`, when the link was back, to the first picture that is live. */
export function pictureBackAfter(pictures, backMs) {
  const live = pictures.find(
    ({ shownMs, takenMs }) => shownMs > backMs && shownMs - takenMs < kLiveMs,
  );
  return live && live.shownMs - backMs;
}

/** The same for sound: `readings` are `[{ atMs, rms }]`. */
export function soundBackAfter(readings, backMs) {
  const loud = readings.find(({ atMs, rms }) => atMs > backMs && rms > kLoud);
  return loud && loud.atMs - backMs;
}
