import { useEffect, useRef } from 'preact/hooks';

/**
 * A microphone's level, read anew for each picture of the screen: too often for the page's state,
 * so it moves the bar by itself. `level` returns 0 (silent) to 1.
 */
export function LevelMeter({ level, on }: { level: () => number; on: boolean }) {
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!on) return undefined;
    let shown = 0;
    let frame = 0;
    const draw = (): void => {
      // Rises at once, falls slowly, as meters do: single syllables stay readable.
      shown = Math.max(level(), shown * 0.9);
      // The square root: speech is at a tenth of full scale, and should fill a third of the meter.
      bar.current?.style.setProperty(
        'transform',
        `scaleX(${Math.min(1, Math.sqrt(shown)).toFixed(3)})`,
      );
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
      bar.current?.style.setProperty('transform', 'scaleX(0)');
    };
  }, [level, on]);
  return (
    <span
      class={on ? 'meter' : 'meter meter-off'}
      data-testid="microphone-level"
      aria-hidden="true"
    >
      <span class="meter-bar" ref={bar} />
    </span>
  );
}
