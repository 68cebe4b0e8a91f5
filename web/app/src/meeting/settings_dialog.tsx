import { useCallback } from 'preact/hooks';
import type { Session, SessionState } from '../session';
import { LevelMeter } from '../ui/level_meter';
import { Modal } from '../ui/modal';
import { OwnDeviceSelect } from '../ui/own_device_select';

interface Properties {
  readonly session: Session;
  readonly state: SessionState;
  readonly onClose: () => void;
}

/** Changes devices during a meeting. */
export function SettingsDialog({ session, state, onClose }: Properties) {
  const level = useCallback(() => session.meeting.local.audioLevel, [session]);
  return (
    <Modal title="Settings" onClose={onClose}>
      <div class="field-stack">
        <OwnDeviceSelect kind="microphone" session={session} state={state} />
        <LevelMeter level={level} on={!state.view.self.muted} />
        <OwnDeviceSelect kind="camera" session={session} state={state} />
        <OwnDeviceSelect kind="speaker" session={session} state={state} />
        <p class="panel-note">Your choices are remembered on this device.</p>
      </div>
    </Modal>
  );
}
