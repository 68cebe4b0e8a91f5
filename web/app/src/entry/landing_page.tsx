import { useState } from 'preact/hooks';
import { FlowArt } from '../ui/flow_art';
import { Icon, type IconName } from '../ui/icon';
import { Logo } from '../ui/logo';
import { NameField } from '../ui/name_field';
import type { Preferences } from './preferences';
import { normalizeRoomName, suggestRoomName } from './room_name';

const kFacts: ReadonlyArray<{ icon: IconName; title: string; text: string }> = [
  {
    icon: 'lock',
    title: 'One ordinary connection',
    text: 'Everything travels over a single TCP port, so it gets through where calls are usually blocked.',
  },
  {
    icon: 'microphone',
    title: 'Voices first',
    text: 'When the network narrows, pictures give way and people stay understandable.',
  },
  {
    icon: 'pulse',
    title: 'Live or honestly paused',
    text: 'No minutes-old pictures: what you see is now, and if it is not, you are told.',
  },
];

interface Properties {
  readonly preferences: Preferences;
  readonly onContinue: (name: string, room: string) => void;
}

/** Who are you, and which room? */
export function LandingPage({ preferences, onContinue }: Properties) {
  const [name, setName] = useState(preferences.name);
  const [room, setRoom] = useState(() => suggestRoomName(Math.random));
  const [complaint, setComplaint] = useState('');

  const submit = (event: Event): void => {
    event.preventDefault();
    const normalized = normalizeRoomName(room);
    if (normalized === '') {
      setComplaint('Give the room a name: letters or digits will do.');
      return;
    }
    onContinue(name.trim(), normalized);
  };

  return (
    <div class="landing">
      <FlowArt />
      <header class="landing-head">
        <Logo />
      </header>
      <main class="landing-main">
        <h1>
          Meetings that
          <br />
          get through.
        </h1>
        <p class="lead">
          Video calls in the browser, made for networks that let hardly anything pass. Nothing to
          install, no account.
        </p>
        <form class="card landing-form" onSubmit={submit} noValidate>
          <NameField value={name} onInput={setName} />
          <label class="field">
            <span>Room</span>
            <span class="input-with-button">
              <input
                data-testid="room-input"
                value={room}
                maxLength={200}
                autoComplete="off"
                autoCapitalize="off"
                spellcheck={false}
                aria-invalid={complaint !== ''}
                aria-describedby="room-note"
                onInput={(event) => {
                  setRoom(event.currentTarget.value);
                  setComplaint('');
                }}
              />
              <button
                type="button"
                class="icon-button"
                aria-label="Suggest another name"
                title="Suggest another name"
                onClick={() => {
                  setRoom(suggestRoomName(Math.random));
                  setComplaint('');
                }}
              >
                <Icon name="shuffle" size={20} />
              </button>
            </span>
            <small
              id="room-note"
              class={complaint ? 'field-complaint' : ''}
              role={complaint ? 'alert' : undefined}
            >
              {complaint || 'Whoever opens the same room meets you there.'}
            </small>
          </label>
          <button
            type="submit"
            class="button button-primary button-large"
            data-testid="join-button"
          >
            Continue
            <Icon name="arrowRight" size={20} />
          </button>
        </form>
      </main>
      <footer class="landing-foot">
        <ul class="facts">
          {kFacts.map(({ icon, title, text }) => (
            <li key={title}>
              <Icon name={icon} size={22} />
              <div>
                <strong>{title}</strong>
                <p>{text}</p>
              </div>
            </li>
          ))}
        </ul>
      </footer>
    </div>
  );
}
