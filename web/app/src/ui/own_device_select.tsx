import type { MediaDevice } from '@sluice/sdk';
import type { Session, SessionState } from '../session';
import { DeviceSelect } from './device_select';

interface Properties {
  readonly kind: MediaDevice['kind'];
  readonly session: Session;
  readonly state: SessionState;
}

/** Chooses the device that the visitor's session uses. */
export function OwnDeviceSelect({ kind, session, state }: Properties) {
  return (
    <DeviceSelect
      kind={kind}
      devices={state.devices}
      selected={selectedDevice(kind, session, state)}
      onSelect={(id) => void session.devices.choose(kind, id)}
    />
  );
}

function selectedDevice(
  kind: MediaDevice['kind'],
  session: Session,
  { preferences, view }: SessionState,
): string | undefined {
  const { camera, microphone } = session.meeting.local;
  if (kind === 'speaker') return preferences.speakerId;
  if (kind === 'camera') return camera?.deviceId ?? preferences.cameraId;
  // A muted microphone stays open; what was chosen meanwhile is used from the next word on.
  return view.self.muted
    ? (preferences.microphoneId ?? microphone?.deviceId)
    : (microphone?.deviceId ?? preferences.microphoneId);
}
