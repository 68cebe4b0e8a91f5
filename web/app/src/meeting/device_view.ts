import { useEffect, useState } from 'preact/hooks';

export interface DeviceView {
  /**
   * Device pixels for each CSS pixel; changes with zoom and when a window moves to another screen.
   */
  readonly devicePixelRatio: number;
  /** True while nobody can see the page. */
  readonly hidden: boolean;
}

function current(): DeviceView {
  return {
    devicePixelRatio: window.devicePixelRatio,
    hidden: document.visibilityState === 'hidden',
  };
}

/** How the page is shown; redraws when that changes. */
export function useDeviceView(): DeviceView {
  const [view, setView] = useState(current);
  useEffect(() => {
    const update = (): void =>
      setView((previous) => {
        const next = current();
        const same =
          next.hidden === previous.hidden && next.devicePixelRatio === previous.devicePixelRatio;
        return same ? previous : next;
      });
    document.addEventListener('visibilitychange', update);
    window.addEventListener('resize', update);
    return () => {
      document.removeEventListener('visibilitychange', update);
      window.removeEventListener('resize', update);
    };
  }, []);
  return view;
}
