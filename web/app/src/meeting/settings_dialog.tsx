import { useCallback } from 'preact/hooks';
import type { Session, SessionState } from '../session';
import { DeviceSelect } from '../ui/device_select';
import { LevelMeter } from '../ui/level_meter';
import { Modal } from '../ui/modal';

interface Properties {
  readonly session: Session;
  readonly state: SessionState;
  readonly onClose: () => void;
}

/** Changes devices during a meeting. */
export function SettingsDialog({ session, state, onClose }: Properties) {
  const { devices, preferences, view } = state;
  const level = useCallback(() => session.meeting.local.audioLevel, [session]);
  return (
    <Modal title="Settings" onClose={onClose}>
      <div class="field-stack">
        <DeviceSelect
          kind="microphone"
          devices={devices}
          selected={
            view.self.muted ? preferences.microphoneId : session.meeting.local.microphone?.deviceId
          }
          onSelect={(id) => void session.devices.choose('microphone', id)}
        />
        <LevelMeter level={level} on={!view.self.muted} />
        <DeviceSelect
          kind="camera"
          devices={devices}
          selected={session.meeting.local.camera?.deviceId ?? preferences.cameraId}
          onSelect={(id) => void session.devices.choose('camera', id)}
        />
        <DeviceSelect
          kind="speaker"
          devices={devices}
          selected={preferences.speakerId}
          onSelect={(id) => void session.devices.choose('speaker', id)}
        />
        <p class="panel-note">Your choices are remembered on this device.</p>
      </div>
    </Modal>
  );
}
