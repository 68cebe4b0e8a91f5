import type { ToWorker } from '../worker/messages.js';

/** Chromium's readable track; no other browser has it, so TypeScript's library does not. */
declare const MediaStreamTrackProcessor:
  | (new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
      readonly readable: ReadableStream<VideoFrame | AudioData>;
    })
  | undefined;

type ToWorkerPost = (message: ToWorker, transfer?: Transferable[]) => void;

/** One picture may be in the encoder while the next arrives; more would only be delay. */
const VIDEO_BUFFER = 2;
/** Half a second of 10 ms pieces: sound must not be lost when the worker is late. */
const AUDIO_BUFFER = 50;

/** A stream of what `track` captures, for the codec worker; undefined where there is none. */
export function trackStream<Data extends VideoFrame | AudioData>(
  track: MediaStreamTrack,
): ReadableStream<Data> | undefined {
  if (typeof MediaStreamTrackProcessor === 'undefined') return undefined;
  const maxBufferSize = track.kind === 'video' ? VIDEO_BUFFER : AUDIO_BUFFER;
  const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize });
  return readable as ReadableStream<Data>;
}

/**
 * Brings the pictures of one camera or screen to the codec worker: as a stream where the browser
 * can, else by grabbing them from a `<video>` whenever the worker says so (its timers go on when
 * the page is hidden; the page's do not).
 */
export class VideoFeed {
  #video: HTMLVideoElement | undefined;

  constructor(
    private readonly source: 'camera' | 'screen',
    private readonly toWorker: ToWorkerPost,
  ) {}

  start(track: MediaStreamTrack): void {
    this.stop();
    const { source } = this;
    const readable = trackStream<VideoFrame>(track);
    if (readable) {
      this.toWorker({ type: 'openVideo', source, input: { kind: 'stream', readable } }, [
        readable as unknown as Transferable,
      ]);
      return;
    }
    this.#video = document.createElement('video');
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.srcObject = new MediaStream([track]);
    void this.#video.play().catch(() => undefined);
    this.toWorker({ type: 'openVideo', source, input: { kind: 'grab' } });
  }

  /** The worker wants a picture. */
  grab(): void {
    const video = this.#video;
    if (!video || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    // Always with a time of our own: Firefox's would be microseconds since nothing in particular.
    const frame = new VideoFrame(video, { timestamp: Math.round(performance.now() * 1000) });
    this.toWorker({ type: 'picture', source: this.source, frame }, [frame]);
  }

  stop(): void {
    if (this.#video) this.#video.srcObject = null;
    this.#video = undefined;
  }
}
