import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { VideoSurface } from '../meeting/video_surface';
import type { Session, SessionState } from '../session';
import { DeviceToggles } from '../ui/device_toggles';
import { Icon } from '../ui/icon';
import { LevelMeter } from '../ui/level_meter';
import { Logo } from '../ui/logo';
import { NameField } from '../ui/name_field';
import { OwnDeviceSelect } from '../ui/own_device_select';
import { ProblemCard } from '../ui/problem_card';
import { JoinButton } from './join_button';
import { devicesProblem, joinProblem, supportPanel } from './problem_panel';

/** A last look in the mirror before entering a room. */
export function PrejoinPage({ session, state }: { session: Session; state: SessionState }) {
  const { preferences, support, joinFailure } = state;
  const [name, setName] = useState(preferences.name);
  const joining = state.phase.at === 'joining';
  const lacking = supportPanel(support);
  const cannotJoin = support.some((problem) => problem.severity === 'cannot_join');
  const canSend = !lacking;
  const failure = joinFailure && joinProblem(joinFailure, session.invited);
  const trouble = devicesProblem(state.cameraFailure, state.microphoneFailure);

  const form = useRef<HTMLFormElement>(null);
  // Who scrolled down to the devices before joining should still see what went wrong.
  useEffect(() => {
    if (joinFailure)
      form.current?.querySelector('.problem')?.scrollIntoView({ block: 'nearest' });
  }, [joinFailure]);

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
        <form class="prejoin-form" ref={form} onSubmit={submit}>
          <p class="eyebrow">You are about to join</p>
          <h1 class="prejoin-room">{session.room}</h1>
          {failure && <ProblemCard panel={failure} />}
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
              <NameField value={name} onInput={setName} />
              {canSend && (
                <fieldset class="field-stack">
                  <legend class="visually-hidden">Devices</legend>
                  {!state.microphoneFailure && (
                    <OwnDeviceSelect kind="microphone" session={session} state={state} />
                  )}
                  {!state.cameraFailure && (
                    <OwnDeviceSelect kind="camera" session={session} state={state} />
                  )}
                  <OwnDeviceSelect kind="speaker" session={session} state={state} />
                </fieldset>
              )}
              <div class="prejoin-action">
                <JoinButton
                  type="submit"
                  testId="join-button"
                  joining={joining}
                  disabled={failure?.retry === false}
                >
                  {failure?.retry ? 'Try again' : 'Join now'}
                </JoinButton>
              </div>
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
          <DeviceToggles session={session} state={state} />
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
