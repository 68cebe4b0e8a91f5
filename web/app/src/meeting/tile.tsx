import type { Rect } from '../layout/rect';
import type { TileRole } from '../layout/stage_layout';
import { Icon } from '../ui/icon';
import { avatarColor, initialsOf } from './avatar';
import type { PersonView, ScreenView, TileHint } from './meeting_view';
import { nameInSentence } from './name_in_sentence';
import { VideoSurface } from './video_surface';

interface Placement {
  readonly rect: Rect;
  readonly role: TileRole;
  readonly pinned: boolean;
  /** Undefined where pinning makes no sense (nobody else is there). */
  readonly onPin: (() => void) | undefined;
}

/** One person: picture or initials, name, and what one should know about them. */
export function PersonTile({
  person,
  rect,
  role,
  pinned,
  onPin,
}: Placement & { person: PersonView }) {
  const inSentence = nameInSentence(person.name);
  const name = person.isSelf ? `${inSentence} (you)` : inSentence;
  const facts = [
    name,
    person.muted ? 'microphone off' : '',
    person.cameraOn ? '' : 'camera off',
    person.hint?.text ?? '',
  ];
  return (
    <article
      class={`tile tile-${role}${person.speaking ? ' tile-speaking' : ''}${stale(person.hint)}`}
      style={place(rect)}
      data-testid="tile"
      data-identity={person.identity}
      data-name={person.name}
      data-self={person.isSelf}
      data-muted={person.muted}
      data-camera={person.cameraOn ? 'on' : 'off'}
      data-speaking={person.speaking}
      aria-label={facts.filter(Boolean).join(', ')}
    >
      {person.cameraOn && person.video ? (
        <VideoSurface track={person.video} rect={rect} fit="cover" mirrored={person.isSelf} />
      ) : (
        <Avatar person={person} />
      )}
      {person.hint && <Hint hint={person.hint} />}
      <div class="tile-label">
        {person.muted && <Icon name="microphoneOff" size={16} />}
        <span class="tile-name">{role === 'self' ? 'You' : name}</span>
        {person.connection === 'weak' && (
          <span class="tile-weak" title="Their pictures or sound arrive with gaps">
            <Bars />
          </span>
        )}
      </div>
      {onPin && role !== 'self' && <PinButton name={name} pinned={pinned} onPin={onPin} />}
    </article>
  );
}

/** Somebody's screen. */
export function ScreenTile({
  screen,
  rect,
  role,
  pinned,
  onPin,
}: Placement & { screen: ScreenView }) {
  const title = `${nameInSentence(screen.name)}’s screen`;
  return (
    <article
      class={`tile tile-screen tile-${role}${stale(screen.hint)}`}
      style={place(rect)}
      data-testid="screen-tile"
      data-identity={screen.identity}
      data-name={screen.name}
      aria-label={title}
    >
      <VideoSurface track={screen.video} rect={rect} fit="contain" mirrored={false} />
      {screen.hint && <Hint hint={screen.hint} />}
      <div class="tile-label">
        <Icon name="screen" size={16} />
        <span class="tile-name">{title}</span>
      </div>
      {onPin && <PinButton name={title} pinned={pinned} onPin={onPin} />}
    </article>
  );
}

/** Nobody should take an old picture for the present. */
function stale(hint: TileHint | undefined): string {
  return hint?.kind === 'stale' ? ' tile-stale' : '';
}

function place(rect: Rect) {
  return {
    transform: `translate(${rect.x}px, ${rect.y}px)`,
    width: `${rect.width}px`,
    height: `${rect.height}px`,
  };
}

function Avatar({ person }: { person: PersonView }) {
  return (
    <div class={`avatar avatar-${avatarColor(person.identity || person.name)}`} aria-hidden="true">
      <span>{initialsOf(person.name)}</span>
    </div>
  );
}

function Hint({ hint }: { hint: TileHint }) {
  // A broken connection is told once, above the stage, and not again by each tile.
  const role = hint.kind === 'stale' ? undefined : 'status';
  return (
    <div class={`tile-hint tile-hint-${hint.kind}`} data-testid="tile-hint" role={role}>
      <HintMark kind={hint.kind} />
      <span>{hint.text}</span>
    </div>
  );
}

function HintMark({ kind }: { kind: TileHint['kind'] }) {
  switch (kind) {
    case 'paused':
      return <Icon name="pause" />;
    case 'stale':
      return <Icon name="signalOff" />;
    case 'frozen':
    case 'lost':
      return <span class="spinner" />;
  }
}

function Bars() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" role="img" aria-label="Weak connection">
      <rect x="1" y="10" width="3.4" height="5" rx="1" />
      <rect class="bar-missing" x="6.3" y="6" width="3.4" height="9" rx="1" />
      <rect class="bar-missing" x="11.6" y="2" width="3.4" height="13" rx="1" />
    </svg>
  );
}

function PinButton({ name, pinned, onPin }: { name: string; pinned: boolean; onPin: () => void }) {
  const label = pinned ? `Unpin ${name}` : `Pin ${name} to the stage`;
  return (
    <button
      type="button"
      class="tile-pin"
      aria-label={label}
      title={label}
      aria-pressed={pinned}
      onClick={onPin}
    >
      <Icon name={pinned ? 'unpin' : 'pin'} size={18} />
    </button>
  );
}
