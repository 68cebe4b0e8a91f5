import { SluiceError } from '../api/errors.js';

const NAMES = { camera: 'camera', microphone: 'microphone', screen: 'screen' } as const;

/** Turns what getUserMedia or getDisplayMedia rejected with into words for a person. */
export function captureError(what: keyof typeof NAMES, error: unknown): SluiceError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const device = NAMES[what];
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      if (what === 'screen' && /system/i.test(error instanceof Error ? error.message : '')) {
        return new SluiceError(
          'permission_denied',
          `The system does not let this browser share the screen. Allow it in the system's ` +
            `privacy settings, then try again.`,
          error,
        );
      }
      if (what === 'screen') {
        return new SluiceError('cancelled', 'Nothing was chosen to share.', error);
      }
      return new SluiceError(
        'permission_denied',
        `The ${device} is blocked. Allow it for this page in the address bar of the browser ` +
          `(or in the system's privacy settings), then try again.`,
        error,
      );
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new SluiceError('device_not_found', `No ${device} was found. Connect one and try again.`, error);
    case 'NotReadableError':
    case 'AbortError':
      return new SluiceError(
        'device_busy',
        `The ${device} could not be opened. Another program may be using it: close that and try again.`,
        error,
      );
    default:
      return new SluiceError('device_busy', `The ${device} could not be opened (${String(error)}).`, error);
  }
}

/** The browser's device interface, or an error that says why there is none. */
export function mediaDevices(): MediaDevices {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices) return devices;
  throw new SluiceError(
    'unsupported',
    globalThis.isSecureContext
      ? 'This browser gives pages no camera or microphone.'
      : 'Browsers give camera and microphone only to secure pages: open this one with https:// ' +
        '(or on localhost).',
  );
}
