import type {
  ConnectionQuality,
  LocalParticipant,
  LocalTrack,
  MeetingState,
  RemoteParticipant,
  RemoteVideoTrack,
} from '@sluice/sdk';

/** What is read of an SDK `Meeting`; a plain object in tests. */
export interface MeetingSource {
  readonly state: MeetingState;
  readonly room: string;
  readonly local: Pick<
    LocalParticipant,
    'id' | 'identity' | 'name' | 'camera' | 'microphone' | 'screen' | 'mayPublish'
  >;
  readonly participants: ReadonlyMap<string, RemoteParticipant>;
  readonly activeSpeakers: readonly RemoteParticipant[];
  readonly audioAllowed: boolean;
}

/** Something a person should know about a picture that is not as it should be. */
export interface TileHint {
  readonly kind: 'paused' | 'frozen' | 'lost' | 'stale';
  readonly text: string;
}

/** One person, as a tile shows them. */
export interface PersonView {
  /** Names the tile; stays the same while they are in the room. */
  readonly key: string;
  readonly identity: string;
  readonly name: string;
  readonly isSelf: boolean;
  readonly muted: boolean;
  readonly cameraOn: boolean;
  readonly speaking: boolean;
  readonly connection: ConnectionQuality;
  readonly hint: TileHint | undefined;
  /** What to show while the camera is on. */
  readonly video: RemoteVideoTrack | LocalTrack | undefined;
}

/** One shared screen of somebody else. */
export interface ScreenView {
  readonly key: string;
  readonly identity: string;
  /** Of the person who shares. */
  readonly name: string;
  readonly hint: TileHint | undefined;
  readonly video: RemoteVideoTrack;
}

/** Everything the meeting page shows, at one moment. */
export interface MeetingView {
  readonly state: MeetingState;
  readonly room: string;
  readonly self: PersonView;
  readonly others: readonly PersonView[];
  /** Other people's screens, in the order in which those people joined. */
  readonly screens: readonly ScreenView[];
  readonly sharingScreen: boolean;
  readonly mayShareScreen: boolean;
  readonly mayUseCamera: boolean;
  readonly mayUseMicrophone: boolean;
  /** Keys of those who speak, loudest first; never the own. */
  readonly speakers: readonly string[];
  readonly audioAllowed: boolean;
}

export const kSelfKey = 'self';

/** Takes a picture of the meeting. `selfSpeaking` as the last `activeSpeakers` event said. */
export function viewMeeting(meeting: MeetingSource, selfSpeaking: boolean): MeetingView {
  const others: PersonView[] = [];
  const screens: ScreenView[] = [];
  const cutOff = meeting.state === 'reconnecting';
  for (const participant of meeting.participants.values()) {
    others.push(viewPerson(participant, cutOff));
    const screen = participant.track('screen');
    if (screen && !screen.muted) screens.push(viewScreen(participant, screen, cutOff));
  }
  return {
    state: meeting.state,
    room: meeting.room,
    // Nobody hears who is cut off.
    self: viewSelf(meeting.local, selfSpeaking && !cutOff),
    others,
    screens,
    sharingScreen: meeting.local.screen !== undefined,
    mayShareScreen: meeting.local.mayPublish('screen'),
    mayUseCamera: meeting.local.mayPublish('camera'),
    mayUseMicrophone: meeting.local.mayPublish('microphone'),
    speakers: meeting.activeSpeakers.map((speaker) => speaker.id),
    audioAllowed: meeting.audioAllowed,
  };
}

/** The name to show for somebody who gave none. */
export function displayName(name: string, identity: string): string {
  return name.trim() || identity.trim() || 'Guest';
}

function viewSelf(local: MeetingSource['local'], speaking: boolean): PersonView {
  const microphoneOn = local.microphone !== undefined && !local.microphone.muted;
  return {
    key: kSelfKey,
    identity: local.identity,
    name: displayName(local.name, ''),
    isSelf: true,
    muted: !microphoneOn,
    cameraOn: local.camera !== undefined && !local.camera.muted,
    speaking: speaking && microphoneOn,
    connection: 'unknown',
    hint: undefined,
    video: local.camera,
  };
}

function viewPerson(participant: RemoteParticipant, cutOff: boolean): PersonView {
  const camera = participant.track('camera');
  const microphone = participant.track('microphone');
  const cameraOn = camera !== undefined && !camera.muted;
  return {
    key: participant.id,
    identity: participant.identity,
    name: displayName(participant.name, participant.identity),
    isSelf: false,
    muted: microphone === undefined || microphone.muted,
    cameraOn,
    speaking: participant.speaking && !cutOff,
    // It is our own connection that fails: theirs is not known meanwhile.
    connection: cutOff ? 'unknown' : participant.connection,
    hint: cameraOn ? hintFor(camera, participant.connection, 'video', cutOff) : undefined,
    video: camera,
  };
}

function viewScreen(
  participant: RemoteParticipant,
  screen: RemoteVideoTrack,
  cutOff: boolean,
): ScreenView {
  return {
    key: `screen:${participant.id}`,
    identity: participant.identity,
    name: displayName(participant.name, participant.identity),
    hint: hintFor(screen, 'unknown', 'screen', cutOff),
    video: screen,
  };
}

function hintFor(
  { delivery, frozen }: Pick<RemoteVideoTrack, 'delivery' | 'frozen'>,
  connection: ConnectionQuality,
  what: 'video' | 'screen',
  cutOff: boolean,
): TileHint | undefined {
  if (cutOff) return { kind: 'stale', text: 'Not live: the last picture' };
  if (delivery.state === 'paused') {
    // Muted and hidden are on purpose, and other marks show them.
    if (delivery.reason !== 'bandwidth') return undefined;
    return { kind: 'paused', text: `Their ${what} is paused: your connection is slow` };
  }
  if (connection === 'lost') return { kind: 'lost', text: 'Nothing arrives from them right now' };
  // A shared screen may stand still for minutes; only the SDK knows that a picture is missing.
  if (frozen) return { kind: 'frozen', text: `Waiting for their ${what}` };
  return undefined;
}
