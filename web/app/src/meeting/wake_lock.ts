import { useEffect } from 'preact/hooks';

/**
 * Keeps the screen on while a meeting is shown: nobody touches a phone that they talk to. The
 * browser lets go whenever the page is hidden, so it is asked again when the page comes back.
 */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const request = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      try {
        lock = await (navigator.wakeLock as WakeLock | undefined)?.request('screen');
        if (over) await lock?.release();
      } catch {
        // Refused (an empty battery, a policy): the screen behaves as it always does.
      }
    };
    void request();
    document.addEventListener('visibilitychange', request);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', request);
      void lock?.release();
    };
  }, []);
}
