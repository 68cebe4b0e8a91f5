import type { Unsubscribe } from '../api/event_emitter.js';
import type { MediaDevice } from '../api/types.js';

/** Cameras, microphones and loudspeakers of this computer; empty where the page may not ask. */
export async function listDevices(): Promise<MediaDevice[]> {
  const kinds = { videoinput: 'camera', audioinput: 'microphone', audiooutput: 'speaker' } as const;
  // Only secure contexts have mediaDevices, whatever the type says.
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  const devices = (await mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter((device) => device.deviceId !== '' || device.label !== '')
    .map(({ deviceId, kind, label }) => ({ deviceId, label, kind: kinds[kind] }));
}

/** Calls `handler` whenever a device is plugged in or pulled out. */
export function watchDevices(handler: () => void): Unsubscribe {
  const mediaDevices = navigator.mediaDevices as MediaDevices | undefined;
  mediaDevices?.addEventListener('devicechange', handler);
  return () => mediaDevices?.removeEventListener('devicechange', handler);
}
