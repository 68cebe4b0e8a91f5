import type { SluiceErrorCode } from '../api/errors.js';
import type {
  CloseReason,
  LocalTrackStats,
  MeetingState,
  RemoteTrackStats,
  TrackSource,
} from '../api/types.js';
import type { AudioPacket, AudioPlayoutStatus } from '../core/audio_jitter_buffer.js';
import type { ServerMessage } from '../core/control_messages.js';

/** Where and as whom to join. */
export interface JoinParameters {
  readonly url: string;
  readonly room: string;
  readonly name: string;
  readonly identity: string;
  readonly token: string | undefined;
  /** Open a lane where the server has them. */
  readonly lanes: boolean;
}

/** Where a video publisher's pictures come from. */
export type VideoInput =
  | { readonly kind: 'stream'; readonly readable: ReadableStream<VideoFrame> }
  /** The page grabs a picture and posts `picture` each time that the worker says `grab`. */
  | { readonly kind: 'grab' };

/** Where an audio publisher's samples come from. */
export type AudioInput =
  | { readonly kind: 'stream'; readonly readable: ReadableStream<AudioData> }
  /** The capture worklet posts {@link CapturedSamples}. */
  | { readonly kind: 'worklet'; readonly port: MessagePort; readonly sampleRate: number };

/** What the capture worklet posts, each 20 ms. */
export interface CapturedSamples {
  readonly samples: Float32Array<ArrayBuffer>;
  /** Samples captured before these. */
  readonly position: number;
}

/** Where a remote video track's pictures go. */
export type VideoSink =
  | { readonly kind: 'writable'; readonly writable: WritableStream<VideoFrame> }
  /** Posted to the page as `picture`. */
  | { readonly kind: 'page' }
  | { readonly kind: 'none' };

/** What the page asks of the worker. */
export type ToWorker =
  | { readonly type: 'join'; readonly parameters: JoinParameters }
  | { readonly type: 'leave' }
  /** The network came back: do not wait for the next attempt. */
  | { readonly type: 'retryNow' }
  | {
      readonly type: 'openVideo';
      readonly source: 'camera' | 'screen';
      readonly input: VideoInput;
    }
  | {
      readonly type: 'openAudio';
      readonly source: 'microphone' | 'screen_audio';
      readonly input: AudioInput;
    }
  | { readonly type: 'picture'; readonly source: 'camera' | 'screen'; readonly frame: VideoFrame }
  | { readonly type: 'mute'; readonly source: TrackSource; readonly muted: boolean }
  | { readonly type: 'closeTrack'; readonly source: TrackSource }
  | {
      readonly type: 'visibleSize';
      readonly track: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly type: 'videoSink'; readonly track: string; readonly sink: VideoSink }
  | {
      readonly type: 'audioSink';
      readonly track: string;
      readonly port: MessagePort;
      readonly ring: SharedArrayBuffer | undefined;
    }
  /** From the sound card's clock to the ear. */
  | { readonly type: 'outputLatency'; readonly ms: number };

/** A failure in words for a person. */
export interface Failure {
  readonly code: SluiceErrorCode;
  readonly message: string;
}

/** What the worker tells the page. */
export type FromWorker =
  | {
      readonly type: 'state';
      readonly state: MeetingState;
      readonly attempt: number;
      readonly reason?: CloseReason;
      readonly failure?: Failure;
    }
  | { readonly type: 'control'; readonly message: ServerMessage }
  /** The server knows our track now. */
  | {
      readonly type: 'published';
      readonly source: TrackSource;
      readonly width: number;
      readonly height: number;
    }
  | { readonly type: 'failure'; readonly source: TrackSource | undefined; readonly failure: Failure }
  | { readonly type: 'grab'; readonly source: 'camera' | 'screen' }
  | { readonly type: 'picture'; readonly track: string; readonly frame: VideoFrame }
  | {
      readonly type: 'videoState';
      readonly track: string;
      readonly width: number;
      readonly height: number;
      readonly frozen: boolean;
    }
  /** Ten times a second: the loudest since the last, minus dBov. */
  | {
      readonly type: 'levels';
      readonly local: number;
      readonly remote: readonly { readonly track: string; readonly level: number }[];
    }
  | { readonly type: 'stats'; readonly stats: WorkerStats };

/** The worker's part of {@link MeetingStats}. */
export interface WorkerStats {
  readonly session: string | undefined;
  readonly rttMs: number | undefined;
  readonly uplinkInFlightBytes: number;
  readonly uplinkQueueMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly reconnects: number;
  readonly laneOpen: boolean;
  readonly local: readonly LocalTrackStats[];
  readonly remote: readonly RemoteTrackStats[];
}

/** Codec worker -> playout worklet. */
export type ToPlayout =
  | { readonly type: 'packet'; readonly packet: AudioPacket }
  | { readonly type: 'minOffset'; readonly offsetMs: number };

/** Playout worklet -> codec worker, ten times a second. */
export interface FromPlayout {
  readonly status: AudioPlayoutStatus;
  /** The sound card's clock when the status was taken. */
  readonly contextMs: number;
}
