/**
 * Milliseconds on the clock that all tracks of this page share, and all its threads: each has its
 * own `performance.now()`, but the origin makes it the wall clock.
 */
export function sharedNowMs(): number {
  return performance.timeOrigin + performance.now();
}
