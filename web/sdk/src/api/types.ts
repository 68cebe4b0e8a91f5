import type { SluiceError } from './errors.js';

/**
 * Where a meeting stands.
 *
 * `idle` (not joined yet) -> `connecting` -> `connected` <-> `reconnecting` -> `closed`.
 * A `closed` meeting may be joined again.
 */
export type MeetingState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

/**
 * Why a meeting closed. `left`: we left. `connection_lost`: reconnecting was given up.
 * `error`: see the `error` of the event. The others come from the server (docs/protocol.md, 4.11);
 * after `server_shutdown` and `too_slow` reconnecting was tried and given up, too.
 */
export type CloseReason =
  | 'left'
  | 'duplicate_identity'
  | 'removed'
  | 'room_closed'
  | 'server_shutdown'
  | 'connection_lost'
  | 'too_slow'
  | 'error';

/** What a track shows or sounds: one participant has at most one of each. */
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen_audio';

/** Whether media of a remote track is being sent to us, and why not. */
export type TrackDelivery =
  | { readonly state: 'live' }
  | { readonly state: 'paused'; readonly reason: 'bandwidth' | 'muted' | 'hidden' };

/**
 * How well we receive a participant, from what was shown and heard in the last seconds.
 *
 * `good`: as sent. `weak`: fewer pictures than sent, or sound patched. `lost`: nothing arrives
 * though it should. `unknown`: nothing is being sent (all muted), or too early to say.
 */
export type ConnectionQuality = 'good' | 'weak' | 'lost' | 'unknown';

/** Options of a new {@link Meeting}. */
export interface MeetingOptions {
  /** WebSocket address of the server. Default: `/ws` on the host that served the page. */
  readonly url?: string;
  /** Name of the room; it is created when nobody is in it. Up to 128 bytes of UTF-8. */
  readonly room?: string;
  /** Name that the others see. Up to 128 bytes of UTF-8. */
  readonly name?: string;
  /**
   * Who this is for the application; a second participant with the same identity replaces the
   * first. Default: a random one, kept for reconnecting.
   */
  readonly identity?: string;
  /** Signed token, for servers that ask for one (`sluice token`). */
  readonly token?: string;
  /**
   * Give sound a connection of its own where the server has that (its option `--lanes`), so that a
   * lost packet of video does not hold sound back. Default: false; it helps where packets are lost
   * all the time, and costs a second connection.
   */
  readonly lanes?: boolean;
}

/** How to open a camera or a microphone. */
export interface DeviceOptions {
  /** `deviceId` of a {@link MediaDevice}. Default: the one last used, else the browser's choice. */
  readonly deviceId?: string;
}

/** How to open the microphone. */
export interface MicrophoneOptions extends DeviceOptions {
  /**
   * Echo cancellation, noise suppression and automatic gain: right for speech (default true);
   * false for music.
   */
  readonly processing?: boolean;
}

/** How to share the screen. */
export interface ScreenShareOptions {
  /** Also ask for the sound of the tab or system (default false; not every browser can). */
  readonly audio?: boolean;
}

/** A camera, microphone or loudspeaker of this computer. */
export interface MediaDevice {
  readonly deviceId: string;
  readonly kind: 'camera' | 'microphone' | 'speaker';
  /** Empty until the person has allowed the use of such a device once. */
  readonly label: string;
}

/** A camera, microphone or screen of ours, whether we are in a meeting yet or not. */
export interface LocalTrack {
  readonly source: TrackSource;
  readonly kind: 'audio' | 'video';
  /** True while the others get nothing from it. The camera's light is off while it is muted. */
  readonly muted: boolean;
  /** True once the server knows it; false before joining and while reconnecting. */
  readonly published: boolean;
  /** The device in use; undefined while the camera is muted and for a screen. */
  readonly deviceId: string | undefined;
  /** The browser's track, for previews and meters of one's own; undefined while it is closed. */
  readonly mediaStreamTrack: MediaStreamTrack | undefined;
  /** Size of the encoded picture in pixels; 0 for audio and before the first picture. */
  readonly width: number;
  readonly height: number;
  /**
   * Video: shows it in `element` without a round trip to the server. A `<video>` is used as it is;
   * in any other element a `<video>` is put that fills it. It is not mirrored: that is for CSS.
   */
  attach(element: HTMLElement): void;
  /** Stops showing it in `element`, or everywhere. */
  detach(element?: HTMLElement): void;
}

/** A video track of another participant. */
export interface RemoteVideoTrack {
  readonly id: string;
  readonly kind: 'video';
  readonly source: 'camera' | 'screen';
  readonly participant: RemoteParticipant;
  readonly muted: boolean;
  readonly delivery: TrackDelivery;
  /** Size of the newest picture; before the first, what the publisher announced. */
  readonly width: number;
  readonly height: number;
  /**
   * True when pictures should come but none was shown for a second: show a spinner over the last
   * one.
   */
  readonly frozen: boolean;
  /**
   * Shows the track in `element`. A `<canvas>` is drawn into; a `<video>` plays it where the
   * browser can (Chromium); in any other element a canvas or video is put that fills it (style it
   * with `object-fit`). One element at a time: attaching elsewhere moves the picture.
   */
  attach(element: HTMLElement): void;
  /** Stops showing it, and empties a container. */
  detach(): void;
  /**
   * Says how large it is shown, in device pixels, so that the server sends no more than is seen;
   * (0, 0) pauses it. Without this the size of the attached element is watched.
   */
  setVisibleSize(width: number, height: number): void;
}

/** An audio track of another participant. It plays by itself; see {@link Meeting.startAudio}. */
export interface RemoteAudioTrack {
  readonly id: string;
  readonly kind: 'audio';
  readonly source: 'microphone' | 'screen_audio';
  readonly participant: RemoteParticipant;
  readonly muted: boolean;
  readonly delivery: TrackDelivery;
  /** 0 (silent) to 1 (as sent) to at most 2. */
  readonly volume: number;
  setVolume(volume: number): void;
}

/** Any track of another participant; `kind` tells which. */
export type RemoteTrack = RemoteVideoTrack | RemoteAudioTrack;

/** Somebody else in the room. The object stays the same until the participant leaves. */
export interface RemoteParticipant {
  /** The server's id of this visit, `PA_...`. */
  readonly id: string;
  readonly identity: string;
  readonly name: string;
  readonly metadata: string;
  /** By track id. */
  readonly tracks: ReadonlyMap<string, RemoteTrack>;
  /** The track of one source, if there is one. */
  track(source: 'camera' | 'screen'): RemoteVideoTrack | undefined;
  track(source: 'microphone' | 'screen_audio'): RemoteAudioTrack | undefined;
  /** How loud the microphone is now: 0 (silent) to 1. */
  readonly audioLevel: number;
  /** True while they count as speaking. */
  readonly speaking: boolean;
  readonly connection: ConnectionQuality;
}

/** Events of a {@link Meeting} and their payloads. */
export interface MeetingEvents {
  stateChanged: {
    readonly state: MeetingState;
    readonly previous: MeetingState;
    /**
     * While `closed`: why. While `reconnecting`: what cut us off, `server_shutdown` (it said that it
     * stops), `too_slow` or `connection_lost`; attempts after it may fail for other reasons.
     */
    readonly reason?: CloseReason;
    /** Only while `closed`. */
    readonly error?: SluiceError;
    /** While `reconnecting`: which attempt this is, from 1. */
    readonly attempt?: number;
  };
  participantJoined: { readonly participant: RemoteParticipant };
  participantLeft: { readonly participant: RemoteParticipant; readonly reason: string };
  trackPublished: { readonly participant: RemoteParticipant; readonly track: RemoteTrack };
  trackUnpublished: { readonly participant: RemoteParticipant; readonly track: RemoteTrack };
  /** A remote track was muted or unmuted. */
  trackMuted: {
    readonly participant: RemoteParticipant;
    readonly track: RemoteTrack;
    readonly muted: boolean;
  };
  /** The server paused or resumed a track, or it froze or thawed, or its picture changed size. */
  trackState: { readonly participant: RemoteParticipant; readonly track: RemoteTrack };
  /** Who speaks changed: loudest first; `local` tells whether we are one of them. */
  activeSpeakers: { readonly speakers: readonly RemoteParticipant[]; readonly local: boolean };
  /**
   * A track of ours began, ended, was muted, published, or changed its device. `track` is undefined
   * when it ended; `endedBy` then says whether we stopped it or the system did (a cable was pulled,
   * "Stop sharing" was clicked).
   */
  localTrackChanged: {
    readonly source: TrackSource;
    readonly track: LocalTrack | undefined;
    readonly endedBy?: 'us' | 'system';
  };
  /** The browser does or does not let sound play; call {@link Meeting.startAudio} from a click. */
  audioPlaybackChanged: { readonly allowed: boolean };
  /** A fault that does not end the meeting. */
  error: { readonly error: SluiceError };
  /** About once a second while joined; the same as {@link Meeting.stats}. */
  statsUpdated: { readonly stats: MeetingStats };
}

/** Figures of a remote track. Counts run since the track was subscribed on this connection. */
export interface RemoteTrackStats {
  readonly track: string;
  readonly participant: string;
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  /** Payload and header bytes received. */
  readonly bytes: number;
  /** Bits per second over the last second. */
  readonly bitrateBps: number;
  readonly framesReceived: number;
  readonly framesDecoded: number;
  /** Video: pictures shown. Audio: packets played. */
  readonly framesShown: number;
  /** Decoded too late to be shown or heard. */
  readonly framesLate: number;
  /** Thrown away since a frame that they need is missing. */
  readonly framesUndecodable: number;
  /** Video: pictures shown a second, over the last second or two. 0 for audio. */
  readonly fps: number;
  /**
   * How old the newest picture or sound was when it was shown, in ms: at least this much more than
   * the shortest way from capture to us that was seen. Without synchronised clocks the shortest
   * way itself is estimated as half the round trip.
   */
  readonly ageMs: number;
  /** Video: seconds in which a picture should have changed but did not. */
  readonly frozenSeconds: number;
  /** What the jitter buffer adds on purpose, in ms. */
  readonly playoutDelayMs: number;
  /**
   * Audio: share of {@link playedSeconds} that was made up for lost sound, or silent for want of it,
   * 0 to 1.
   */
  readonly concealedShare: number;
  /** Audio: seconds played, without the sender's own pauses. 0 for video. */
  readonly playedSeconds: number;
  /** Times we asked for a keyframe. */
  readonly keyframesRequested: number;
  readonly width: number;
  readonly height: number;
}

/** Figures of one encoding of a video track of ours. */
export interface EncodingStats {
  /** Its number; 0 is the smallest picture. */
  readonly encoding: number;
  readonly width: number;
  readonly height: number;
  /** False while it is left out: nobody wants it, or the machine or the uplink cannot carry it. */
  readonly active: boolean;
  /** Pictures that came out of the encoder a second. */
  readonly fps: number;
  /** What the encoder is asked for; 0 while it is left out. */
  readonly targetBitrateBps: number;
  readonly framesEncoded: number;
  readonly bytesEncoded: number;
}

/** Figures of a track of ours. */
export interface LocalTrackStats {
  readonly source: TrackSource;
  readonly kind: 'audio' | 'video';
  readonly codec: string;
  /** Size of the largest encoding that is made now; 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** Pictures a second of that encoding. */
  readonly fps: number;
  readonly bitrateBps: number;
  /** What the encoders are asked for together. */
  readonly targetBitrateBps: number;
  readonly framesEncoded: number;
  readonly framesSent: number;
  /** Encoded but left out, since the uplink could not carry them. */
  readonly framesThinned: number;
  /** Captured but not encoded, since encoder or uplink were behind. */
  readonly framesSkipped: number;
  readonly bytes: number;
  /** Video: its simulcast encodings, smallest first. Empty for audio. */
  readonly encodings: readonly EncodingStats[];
}

/** Figures of the connection and of every track. */
export interface MeetingStats {
  readonly state: MeetingState;
  /** What the server's log calls this connection, for who asks its operator for help. */
  readonly session: string | undefined;
  /** Round trip of protocol pings in ms; undefined before the first answer. */
  readonly rttMs: number | undefined;
  /** Sent but not yet reported as received by the server, in bytes. */
  readonly uplinkInFlightBytes: number;
  /** How long the oldest byte waiting for the uplink has waited, in ms. */
  readonly uplinkQueueMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly reconnects: number;
  /** Sound has a connection of its own now: see {@link MeetingOptions.lanes}. */
  readonly laneOpen: boolean;
  readonly local: readonly LocalTrackStats[];
  readonly remote: readonly RemoteTrackStats[];
}
