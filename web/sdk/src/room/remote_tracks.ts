import type {
  RemoteAudioTrack,
  RemoteParticipant,
  RemoteVideoTrack,
  TrackDelivery,
} from '../api/types.js';
import type { TrackInfo } from '../core/control_messages.js';
import type { AudioOutput } from '../playout/audio_output.js';
import { RemoteAudioPlayer } from '../playout/remote_audio.js';
import { RemoteVideoView } from '../playout/remote_video.js';
import type { ToWorker } from '../worker/messages.js';

/** How remote tracks reach the rest of the meeting. */
export interface RemoteEnvironment {
  readonly output: AudioOutput;
  toWorker(message: ToWorker, transfer?: Transferable[]): void;
}

/** {@link RemoteVideoTrack} as the meeting keeps it. */
export class TheirVideoTrack implements RemoteVideoTrack {
  readonly kind = 'video';
  readonly id: string;
  readonly source: 'camera' | 'screen';
  muted: boolean;
  delivery: TrackDelivery = { state: 'live' };
  width: number;
  height: number;
  frozen = false;
  readonly view: RemoteVideoView;

  constructor(
    info: TrackInfo,
    readonly participant: RemoteParticipant,
    environment: RemoteEnvironment,
  ) {
    this.id = info.track;
    this.source = info.source === 'screen' ? 'screen' : 'camera';
    this.muted = info.muted;
    this.width = info.width ?? 0;
    this.height = info.height ?? 0;
    this.view = new RemoteVideoView(info.track, environment.toWorker);
  }

  attach(element: HTMLElement): void {
    this.view.attach(element);
  }

  detach(): void {
    this.view.detach();
  }

  setVisibleSize(width: number, height: number): void {
    this.view.setVisibleSize(width, height);
  }

  /** The connection is new. */
  reconnected(): void {
    this.delivery = { state: 'live' };
    this.view.reconnected();
  }

  close(): void {
    this.view.close();
  }
}

/** {@link RemoteAudioTrack} as the meeting keeps it. */
export class TheirAudioTrack implements RemoteAudioTrack {
  readonly kind = 'audio';
  readonly id: string;
  readonly source: 'microphone' | 'screen_audio';
  muted: boolean;
  delivery: TrackDelivery = { state: 'live' };
  readonly #player: RemoteAudioPlayer;

  constructor(
    info: TrackInfo,
    readonly participant: RemoteParticipant,
    environment: RemoteEnvironment,
  ) {
    this.id = info.track;
    this.source = info.source === 'screen_audio' ? 'screen_audio' : 'microphone';
    this.muted = info.muted;
    this.#player = new RemoteAudioPlayer(info.track, environment.output, environment.toWorker);
  }

  get volume(): number {
    return this.#player.volume;
  }

  setVolume(volume: number): void {
    this.#player.setVolume(volume);
  }

  /** The connection is new. */
  reconnected(): void {
    this.delivery = { state: 'live' };
  }

  close(): void {
    this.#player.close();
  }
}

/** Any remote track as the meeting keeps it. */
export type TheirTrack = TheirVideoTrack | TheirAudioTrack;
