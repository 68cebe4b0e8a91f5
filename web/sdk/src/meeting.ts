import { EventEmitter } from './api/event_emitter.js';
import type {
  DeviceOptions,
  LocalTrack,
  MeetingEvents,
  MeetingOptions,
  MeetingState,
  MeetingStats,
  MicrophoneOptions,
  RemoteParticipant,
  ScreenShareOptions,
  TrackSource,
} from './api/types.js';

/**
 * Ourselves. Devices may be opened before joining (a pre-join preview); joining then publishes
 * what is on.
 */
export interface LocalParticipant {
  /** The server's id of this visit; undefined before joining. */
  readonly id: string | undefined;
  readonly identity: string;
  readonly name: string;
  readonly camera: LocalTrack | undefined;
  readonly microphone: LocalTrack | undefined;
  readonly screen: LocalTrack | undefined;
  readonly screenAudio: LocalTrack | undefined;
  /** How loud our microphone is now, also before joining: 0 (silent or off) to 1. */
  readonly audioLevel: number;
  /** False when the server does not let us publish this source. */
  mayPublish(source: TrackSource): boolean;
  /**
   * Turns the camera on or off (off: its light goes out, the others see it as muted). On with
   * another `deviceId` changes the device.
   *
   * @throws SluiceError `permission_denied`, `device_not_found`, `device_busy`, `unsupported`,
   * `not_permitted`
   */
  setCamera(on: boolean, options?: DeviceOptions): Promise<void>;
  /**
   * Turns the microphone on or off (off: the others see it as muted; it stays open, so that the
   * first word after unmuting is heard).
   *
   * @throws SluiceError as {@link setCamera}
   */
  setMicrophone(on: boolean, options?: MicrophoneOptions): Promise<void>;
  /**
   * Lets the person choose a screen, window or tab and shares it. Must be called from a click.
   *
   * @throws SluiceError `cancelled`, `permission_denied`, `unsupported`, `not_permitted`
   */
  startScreenShare(options?: ScreenShareOptions): Promise<void>;
  stopScreenShare(): Promise<void>;
}

/**
 * One meeting: make it, listen to its events, {@link join} it.
 *
 * @example
 * ```ts
 * const meeting = new Meeting({ room: 'demo', name: 'Ada' });
 * meeting.on('trackPublished', ({ track }) => {
 *   if (track.kind === 'video') track.attach(document.querySelector('#tile')!);
 * });
 * await meeting.local.setMicrophone(true);
 * await meeting.local.setCamera(true);
 * await meeting.join();
 * ```
 */
export declare class Meeting extends EventEmitter<MeetingEvents> {
  constructor(options?: MeetingOptions);
  readonly state: MeetingState;
  readonly room: string;
  readonly local: LocalParticipant;
  /** The others, by {@link RemoteParticipant.id}, in the order in which they joined. */
  readonly participants: ReadonlyMap<string, RemoteParticipant>;
  /** Those who speak now, loudest first. */
  readonly activeSpeakers: readonly RemoteParticipant[];
  /** False while the browser keeps sound from playing until the person clicks somewhere. */
  readonly audioAllowed: boolean;
  /**
   * Connects and enters the room; `options` replace those of the constructor. Resolves when we are
   * in and everything that is on is published. Later the meeting reconnects by itself.
   *
   * @throws SluiceError `connection_failed`, `unauthorized`, `room_full`, `server_full`,
   * `unsupported`, `protocol`
   */
  join(options?: MeetingOptions): Promise<void>;
  /** Leaves the room. Devices stay open unless `closeDevices` (default true) says so. */
  leave(options?: { readonly closeDevices?: boolean }): Promise<void>;
  /** Lets sound play: call it from a click when {@link audioAllowed} is false. */
  startAudio(): Promise<void>;
  /** Plays all sound through this loudspeaker; '' is the system's default. */
  setSpeaker(deviceId: string): Promise<void>;
  /** The newest figures, at most a second old. */
  stats(): MeetingStats;
}
