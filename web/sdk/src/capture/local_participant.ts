import { SluiceError } from '../api/errors.js';
import type {
  DeviceOptions,
  MicrophoneOptions,
  ScreenShareOptions,
  TrackSource,
} from '../api/types.js';
import type { LocalParticipant } from '../api/local_participant.js';
import type { AudioOutput } from '../playout/audio_output.js';
import type { ToWorker } from '../worker/messages.js';
import { AudioFeed } from './audio_feed.js';
import { captureError, mediaDevices } from './capture_error.js';
import { OwnTrack } from './local_track.js';
import { VideoFeed } from './video_feed.js';

/** Cameras are encoded at 640x360; asking for its double lets the browser scale down well. */
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SCREEN = { frameRate: { max: 15 } };

/** How {@link Me} reaches the rest of the meeting. */
export interface MeEnvironment {
  readonly output: AudioOutput;
  toWorker(message: ToWorker, transfer?: Transferable[]): void;
  changed(source: TrackSource, endedBy?: 'us' | 'system'): void;
}

/** Ourselves: opens and closes devices, and tells the worker. */
export class Me implements LocalParticipant {
  id: string | undefined;
  identity = '';
  name = '';
  audioLevel = 0;
  /** Sources that the server allows; undefined: all. */
  #allowed: readonly string[] | undefined;
  readonly #tracks = new Map<TrackSource, OwnTrack>();
  readonly #videoFeeds: Record<'camera' | 'screen', VideoFeed>;
  readonly #audioFeeds: Record<'microphone' | 'screen_audio', AudioFeed>;
  /** Devices to open again when none is asked for. */
  readonly #lastDevices = new Map<TrackSource, string>();
  /** Opening a device takes a while: what is asked meanwhile comes after it. */
  readonly #turns = new Map<TrackSource, Promise<void>>();
  /** How often all devices were closed. */
  #closings = 0;

  constructor(private readonly environment: MeEnvironment) {
    const { output, toWorker } = environment;
    this.#videoFeeds = {
      camera: new VideoFeed('camera', toWorker),
      screen: new VideoFeed('screen', toWorker),
    };
    this.#audioFeeds = {
      microphone: new AudioFeed('microphone', output, toWorker),
      screen_audio: new AudioFeed('screen_audio', output, toWorker),
    };
  }

  get camera(): OwnTrack | undefined {
    return this.#tracks.get('camera');
  }

  get microphone(): OwnTrack | undefined {
    return this.#tracks.get('microphone');
  }

  get screen(): OwnTrack | undefined {
    return this.#tracks.get('screen');
  }

  get screenAudio(): OwnTrack | undefined {
    return this.#tracks.get('screen_audio');
  }

  mayPublish(source: TrackSource): boolean {
    return this.#allowed === undefined || this.#allowed.includes(source);
  }

  /**
   * The server's word on which sources may be published; undefined: all. Closes the others: nobody
   * should believe to be seen who is not.
   */
  permit(sources: readonly string[] | undefined): void {
    this.#allowed = sources;
    for (const source of [...this.#tracks.keys()]) {
      if (!this.mayPublish(source)) this.#end(source, 'us');
    }
  }

  setCamera(on: boolean, options: DeviceOptions = {}): Promise<void> {
    return this.#inTurn('camera', async () => {
      const track = this.camera;
      if (!on) return this.#muteCamera();
      this.#checkPermitted('camera');
      const same = options.deviceId === undefined || options.deviceId === track?.deviceId;
      if (track?.mediaStreamTrack && same) return;
      const deviceId = options.deviceId ?? this.#lastDevices.get('camera');
      const constraints = { ...CAMERA, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
      const media = await this.#stillWanted('camera', () =>
        this.#getUserMedia('camera', { video: constraints }),
      );
      track?.mediaStreamTrack?.stop();
      this.#videoFeeds.camera.start(media);
      this.#begin('camera', media);
    });
  }

  setMicrophone(on: boolean, options: MicrophoneOptions = {}): Promise<void> {
    return this.#inTurn('microphone', async () => {
      const track = this.microphone;
      if (!on) return this.#setMuted('microphone', true);
      this.#checkPermitted('microphone');
      const { processing } = options;
      const deviceId = options.deviceId ?? this.#lastDevices.get('microphone');
      const same = deviceId === undefined || deviceId === track?.deviceId;
      if (track?.mediaStreamTrack && same && processing === undefined) {
        return this.#setMuted('microphone', false);
      }
      const speech = processing ?? true;
      const audio = {
        echoCancellation: speech,
        noiseSuppression: speech,
        autoGainControl: speech,
        channelCount: { ideal: 1 },
        ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
      };
      const media = await this.#stillWanted('microphone', () =>
        this.#getUserMedia('microphone', { audio }),
      );
      track?.mediaStreamTrack?.stop();
      await this.#audioFeeds.microphone.start(media);
      this.#begin('microphone', media);
    });
  }

  startScreenShare(options: ScreenShareOptions = {}): Promise<void> {
    return this.#inTurn('screen', async () => {
      if (this.screen) return;
      this.#checkPermitted('screen');
      const closings = this.#closings;
      const stream = await this.#getDisplayMedia(options.audio ?? false);
      if (closings !== this.#closings) {
        for (const track of stream.getTracks()) track.stop();
        throw new SluiceError('cancelled', 'The screen is not wanted any more.');
      }
      const [video] = stream.getVideoTracks();
      const [audio] = stream.getAudioTracks();
      if (!video) throw new SluiceError('cancelled', 'Nothing was chosen to share.');
      // Letters matter more than motion.
      video.contentHint = 'detail';
      this.#videoFeeds.screen.start(video);
      this.#begin('screen', video);
      if (!audio || !this.mayPublish('screen_audio')) return;
      await this.#audioFeeds.screen_audio.start(audio);
      this.#begin('screen_audio', audio);
    });
  }

  stopScreenShare(): Promise<void> {
    return this.#inTurn('screen', async () => {
      this.#end('screen', 'us');
      this.#end('screen_audio', 'us');
    });
  }

  /** Closes every device. */
  closeDevices(): void {
    this.#closings++;
    for (const source of [...this.#tracks.keys()]) this.#end(source, 'us');
  }

  /** The worker wants a picture. */
  grab(source: 'camera' | 'screen'): void {
    this.#videoFeeds[source].grab();
  }

  /** The server knows the track now. */
  published(source: TrackSource, size: { width: number; height: number }): void {
    const track = this.#tracks.get(source);
    if (!track) return;
    track.published = true;
    if (size.width > 0) Object.assign(track, size);
    this.environment.changed(source);
  }

  /** The connection is gone. */
  disconnected(): void {
    for (const [source, track] of this.#tracks) {
      if (!track.published) continue;
      track.published = false;
      this.environment.changed(source);
    }
  }

  #begin(source: TrackSource, media: MediaStreamTrack): void {
    const track = this.#tracks.get(source) ?? new OwnTrack(source);
    this.#tracks.set(source, track);
    track.replace(media);
    media.addEventListener('ended', () => {
      // Only when the system ended it: our own stop() fires no event.
      if (track.mediaStreamTrack === media) this.#endedBySystem(source);
    });
    track.muted = false;
    this.environment.toWorker({ type: 'mute', source, muted: false });
    this.environment.changed(source);
  }

  /** A cable was pulled, a permission taken back, or "Stop sharing" clicked. */
  #endedBySystem(source: TrackSource): void {
    this.#end(source, 'system');
    if (source === 'screen') this.#end('screen_audio', 'system');
  }

  #end(source: TrackSource, by: 'us' | 'system'): void {
    const track = this.#tracks.get(source);
    if (!track) return;
    this.#tracks.delete(source);
    track.mediaStreamTrack?.stop();
    track.replace(undefined);
    track.detach();
    if (source === 'camera' || source === 'screen') this.#videoFeeds[source].stop();
    else this.#audioFeeds[source].stop();
    this.environment.toWorker({ type: 'closeTrack', source });
    this.environment.changed(source, by);
  }

  #muteCamera(): void {
    const track = this.camera;
    if (!track || track.muted) return;
    track.mediaStreamTrack?.stop();
    track.replace(undefined);
    this.#videoFeeds.camera.stop();
    this.#setMuted('camera', true);
  }

  #setMuted(source: TrackSource, muted: boolean): void {
    const track = this.#tracks.get(source);
    if (!track || track.muted === muted) return;
    track.muted = muted;
    this.environment.toWorker({ type: 'mute', source, muted });
    this.environment.changed(source);
  }

  #checkPermitted(source: TrackSource): void {
    if (this.mayPublish(source)) return;
    throw new SluiceError('not_permitted', 'This meeting does not let you send that.');
  }

  /**
   * Opening asks the person and may take long: whoever has left meanwhile, or was told by the
   * server not to send this, must not find the device on afterwards.
   */
  async #stillWanted(
    source: TrackSource,
    open: () => Promise<MediaStreamTrack>,
  ): Promise<MediaStreamTrack> {
    const closings = this.#closings;
    const media = await open();
    if (closings === this.#closings && this.mayPublish(source)) return media;
    media.stop();
    throw new SluiceError('cancelled', `The ${source} is not wanted any more.`);
  }

  async #getUserMedia(
    what: 'camera' | 'microphone',
    constraints: MediaStreamConstraints,
  ): Promise<MediaStreamTrack> {
    const devices = mediaDevices();
    try {
      const [track] = (await devices.getUserMedia(constraints)).getTracks();
      const { deviceId } = track?.getSettings() ?? {};
      if (deviceId) this.#lastDevices.set(what, deviceId);
      if (track) return track;
    } catch (error) {
      // It may have been pulled out: next time any other will do.
      this.#lastDevices.delete(what);
      throw captureError(what, error);
    }
    throw new SluiceError('device_not_found', `No ${what} was found. Connect one and try again.`);
  }

  async #getDisplayMedia(audio: boolean): Promise<MediaStream> {
    const devices = mediaDevices();
    if (typeof (devices.getDisplayMedia as unknown) !== 'function') {
      throw new SluiceError('unsupported', 'This browser cannot share the screen.');
    }
    try {
      return await devices.getDisplayMedia({ video: SCREEN, audio });
    } catch (error) {
      throw captureError('screen', error);
    }
  }

  #inTurn(source: TrackSource, action: () => Promise<void> | void): Promise<void> {
    const before = this.#turns.get(source) ?? Promise.resolve();
    const turn = before.then(action, action);
    // What waits must not fail for what went before.
    this.#turns.set(source, turn.catch(() => undefined));
    return turn;
  }
}
