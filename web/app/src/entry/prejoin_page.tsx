import { useCallback, useState } from 'preact/hooks';
import { VideoSurface } from '../meeting/video_surface';
import type { Session, SessionState } from '../session';
import { DeviceSelect } from '../ui/device_select';
import { Icon } from '../ui/icon';
import { LevelMeter } from '../ui/level_meter';
import { Logo } from '../ui/logo';
import { ProblemCard } from '../ui/problem_card';
import { devicesProblem, joinProblem, supportPanel } from './problem_panel';

/** A last look in the mirror before entering a room. */
export function PrejoinPage({ session, state }: { session: Session; state: SessionState }) {
  const { preferences, support, joinFailure, devices } = state;
  const [name, setName] = useState(preferences.name);
  const joining = state.phase.at === 'joining';
  const lacking = supportPanel(support);
  const cannotJoin = support.some((problem) => problem.severity === 'cannot_join');
  const canSend = !lacking;
  const trouble = devicesProblem(state.cameraFailure, state.microphoneFailure);

  const submit = (event: Event): void => {
    event.preventDefault();
    if (!joining && !cannotJoin) void session.join(name);
  };

  return (
    <div class="prejoin">
      <header class="prejoin-head">
        <a class="plain-link" href="/" aria-label="Sluice, to the start">
          <Logo />
        </a>
      </header>
      <main class="prejoin-main">
        {canSend && <Preview session={session} state={state} />}
        <form class="prejoin-form" onSubmit={submit}>
          <p class="eyebrow">You are about to join</p>
          <h1 class="prejoin-room">{session.room}</h1>
          {joinFailure && <ProblemCard panel={joinProblem(joinFailure)} />}
          {lacking && <ProblemCard panel={lacking} tone={cannotJoin ? 'problem' : 'note'} />}
          {canSend && trouble && (
            <ProblemCard
              panel={trouble}
              tone="note"
              onRetry={() => void session.devices.openWanted()}
            />
          )}
          {!cannotJoin && (
            <>
              <label class="field">
                <span>Your name</span>
                <input
                  data-testid="name-input"
                  value={name}
                  maxLength={64}
                  autoComplete="name"
                  placeholder="How others see you"
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              </label>
              {canSend && (
                <fieldset class="field-stack">
                  <legend class="visually-hidden">Devices</legend>
                  {!state.microphoneFailure && (
                    <DeviceSelect
                      kind="microphone"
                      devices={devices}
                      selected={
                        session.meeting.local.microphone?.deviceId ?? preferences.microphoneId
                      }
                      onSelect={(id) => void session.devices.choose('microphone', id)}
                    />
                  )}
                  {!state.cameraFailure && (
                    <DeviceSelect
                      kind="camera"
                      devices={devices}
                      selected={session.meeting.local.camera?.deviceId ?? preferences.cameraId}
                      onSelect={(id) => void session.devices.choose('camera', id)}
                    />
                  )}
                  <DeviceSelect
                    kind="speaker"
                    devices={devices}
                    selected={preferences.speakerId}
                    onSelect={(id) => void session.devices.choose('speaker', id)}
                  />
                </fieldset>
              )}
              <button
                type="submit"
                class="button button-primary button-large"
                data-testid="join-button"
                disabled={joining}
              >
                {joining ? (
                  <>
                    <span class="spinner" />
                    Joining…
                  </>
                ) : joinFailure ? (
                  'Try again'
                ) : (
                  'Join now'
                )}
              </button>
            </>
          )}
        </form>
      </main>
    </div>
  );
}

function Preview({ session, state }: { session: Session; state: SessionState }) {
  const { self } = state.view;
  const level = useCallback(() => session.meeting.local.audioLevel, [session]);
  return (
    <section class="preview" aria-label="Your picture and sound">
      <div class="preview-picture">
        {self.cameraOn && self.video ? (
          <VideoSurface track={self.video} rect={undefined} fit="cover" mirrored />
        ) : (
          <div class="preview-empty">
            <Icon name="cameraOff" size={40} />
            <p>
              {state.cameraBusy
                ? 'Starting the camera…'
                : state.cameraFailure
                  ? 'No picture from your camera'
                  : 'Your camera is off'}
            </p>
          </div>
        )}
        <div class="preview-tools">
          <button
            type="button"
            class={`tool${self.muted ? ' tool-off' : ''}`}
            data-testid="mic-toggle"
            aria-pressed={!self.muted}
            aria-label="Microphone"
            title={self.muted ? 'Turn microphone on' : 'Turn microphone off'}
            aria-busy={state.microphoneBusy}
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
            title={self.cameraOn ? 'Turn camera off' : 'Turn camera on'}
            aria-busy={state.cameraBusy}
            onClick={() => void session.devices.toggleCamera()}
          >
            <Icon name={self.cameraOn ? 'camera' : 'cameraOff'} />
          </button>
        </div>
      </div>
      <div class="preview-sound">
        <Icon name={self.muted ? 'microphoneOff' : 'microphone'} size={18} />
        <LevelMeter level={level} on={!self.muted} />
        <span class="preview-note">
          {self.muted ? 'Microphone off' : 'Say something: the bar should move'}
        </span>
      </div>
    </section>
  );
}
