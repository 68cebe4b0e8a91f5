import type { Session, SessionState } from '../session';
import { Icon } from './icon';

interface Properties {
  readonly session: Session;
  readonly state: SessionState;
  /** The keys M and V do the same here: the tooltips say so. */
  readonly keys?: boolean;
}

/** The buttons that turn the visitor's own microphone and camera on and off. */
export function DeviceToggles({ session, state, keys = false }: Properties) {
  const { self, mayUseCamera, mayUseMicrophone } = state.view;
  return (
    <>
      <button
        type="button"
        class={`tool${self.muted ? ' tool-off' : ''}`}
        data-testid="mic-toggle"
        aria-pressed={!self.muted}
        aria-label="Microphone"
        title={
          mayUseMicrophone
            ? `${self.muted ? 'Turn microphone on' : 'Turn microphone off'}${keys ? ' (M)' : ''}`
            : 'Your invitation does not allow the microphone'
        }
        aria-busy={state.microphoneBusy}
        disabled={!mayUseMicrophone}
        onClick={() => void session.devices.toggleMicrophone()}
      >
        <Icon name={self.muted ? 'microphoneOff' : 'microphone'} />
      </button>
      <button
        type="button"
        class={`tool${self.cameraOn ? '' : ' tool-off'}`}
        data-testid="camera-toggle"
        aria-pressed={self.cameraOn}
        aria-label="Camera"
        title={
          mayUseCamera
            ? `${self.cameraOn ? 'Turn camera off' : 'Turn camera on'}${keys ? ' (V)' : ''}`
            : 'Your invitation does not allow the camera'
        }
        aria-busy={state.cameraBusy}
        disabled={!mayUseCamera}
        onClick={() => void session.devices.toggleCamera()}
      >
        <Icon name={self.cameraOn ? 'camera' : 'cameraOff'} />
      </button>
    </>
  );
}
