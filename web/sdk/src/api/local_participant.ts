import type {
  DeviceOptions,
  LocalTrack,
  MicrophoneOptions,
  ScreenShareOptions,
  TrackSource,
} from './types.js';

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
  /**
   * False when the server does not let us publish this source. Known from joining on, which closes
   * what is open and not allowed.
   */
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
