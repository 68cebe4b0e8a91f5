import type { RemoteTrackStats, TrackDelivery } from '../api/types.js';
import type { TrackInfo } from '../core/control_messages.js';
import { DecodeQueuePolicy } from '../core/decode_queue_policy.js';
import { DeliveryRate } from '../core/delivery_rate.js';
import { DependencyTracker } from '../core/dependency_tracker.js';
import type { Frame } from '../core/frame.js';
import { FreezeMeter } from '../core/freeze_meter.js';
import { KeyframeRequests } from '../core/keyframe_requests.js';
import { VideoPlayoutQueue } from '../core/video_playout_queue.js';
import type { VideoSink } from './messages.js';
import { sharedNowMs } from './shared_clock.js';

/** What a receiver tells the session. */
export interface VideoReceiverEvents {
  requestKeyframe(): void;
  /** Show `frame` on the page; it is the page's from now on. */
  picture(frame: VideoFrame): void;
}

/** Server spacing of keyframe requests (docs/protocol.md, 4.6). */
const KEYFRAME_INTERVAL_MS = { camera: 500, screen: 1000 } as const;
/** A picture stands this long before it counts as frozen: still screens come once a second. */
const FROZEN_AFTER_MS = { camera: 1000, screen: 3500 } as const;

/** Decodes one remote video track and shows its pictures at their time. */
export class VideoReceiver {
  readonly #source: 'camera' | 'screen';
  readonly #tracker = new DependencyTracker();
  readonly #policy = new DecodeQueuePolicy();
  readonly #keyframes: KeyframeRequests;
  readonly #queue = new VideoPlayoutQueue<VideoFrame>();
  readonly #meter = new FreezeMeter();
  readonly #rate = new DeliveryRate();
  #decoder: VideoDecoder | undefined;
  #sink: VideoSink = { kind: 'none' };
  #writer: WritableStreamDefaultWriter<VideoFrame> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** From {@link syncOffsets}; undefined while there is no sound to wait for. */
  #syncedOffsetMs: number | undefined;
  #delivery: TrackDelivery = { state: 'live' };
  #muted: boolean;
  #width: number;
  #height: number;
  #bytes = 0;
  #received = 0;
  #decoded = 0;
  #shown = 0;
  #late = 0;
  #undecodable = 0;
  #keyframesRequested = 0;
  #shownLatenessMs = 0;

  constructor(
    readonly info: TrackInfo,
    readonly participant: string,
    private readonly events: VideoReceiverEvents,
  ) {
    this.#source = info.source === 'screen' ? 'screen' : 'camera';
    this.#keyframes = new KeyframeRequests(KEYFRAME_INTERVAL_MS[this.#source]);
    this.#muted = info.muted;
    this.#width = info.width ?? 0;
    this.#height = info.height ?? 0;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** True when pictures should come but the last one stands. */
  get frozen(): boolean {
    return this.#meter.standingMs(sharedNowMs()) > FROZEN_AFTER_MS[this.#source];
  }

  /** Takes a frame off the wire. */
  receive(frame: Frame): void {
    const now = sharedNowMs();
    this.#received++;
    this.#bytes += frame.payload.length;
    this.#rate.push(this.#bytes, now);
    this.#queue.arrived(frame.captureTimeUs / 1000, now);
    const wanted = this.#policy.wants(frame, this.#decoder?.decodeQueueSize ?? 0);
    const decision = this.#tracker.decide(frame, wanted);
    if (decision === 'decode') this.#decode(frame);
    else if (decision === 'leave_out') this.#late++;
    else this.#undecodable++;
    if (frame.keyframe) this.#keyframes.satisfied();
    if (this.#tracker.stuck && this.#keyframes.needed(now)) {
      this.#keyframesRequested++;
      this.events.requestKeyframe();
    }
  }

  setSink(sink: VideoSink): void {
    this.#writer?.releaseLock();
    this.#writer = undefined;
    this.#sink = sink;
    if (sink.kind === 'writable') this.#writer = sink.writable.getWriter();
    if (sink.kind === 'none') this.#meter.pause();
  }

  setDelivery(delivery: TrackDelivery): void {
    this.#delivery = delivery;
    if (delivery.state === 'paused') this.#meter.pause();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    if (muted) this.#meter.pause();
  }

  /** Where pictures play by themselves: (shown - captured) in ms; undefined before the first. */
  get ownOffsetMs(): number | undefined {
    return this.#queue.ownOffsetMs;
  }

  /** Play pictures this long after capture, since sound does. */
  setSyncedOffset(offsetMs: number | undefined): void {
    this.#syncedOffsetMs = offsetMs;
  }

  stats(rttMs: number): RemoteTrackStats {
    const now = sharedNowMs();
    const base = this.#queue.baseMs;
    return {
      track: this.info.track,
      participant: this.participant,
      kind: 'video',
      source: this.info.source,
      bytes: this.#bytes,
      bitrateBps: Math.round(this.#rate.bitsPerSecond(now)),
      framesReceived: this.#received,
      framesDecoded: this.#decoded,
      framesShown: this.#shown,
      framesLate: this.#late,
      framesUndecodable: this.#undecodable,
      fps: this.#meter.fps(now),
      ageMs: this.#shown === 0 ? 0 : this.#shownLatenessMs + rttMs / 2,
      frozenSeconds: this.#meter.frozenSeconds(now),
      playoutDelayMs: Number.isFinite(base) ? Math.max(0, this.#offsetMs() - base) : 0,
      concealedShare: 0,
      playedSeconds: 0,
      keyframesRequested: this.#keyframesRequested,
      width: this.#width,
      height: this.#height,
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { picture } of this.#queue.clear()) picture.close();
    this.setSink({ kind: 'none' });
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
  }

  #decode(frame: Frame): void {
    try {
      if (!this.#decoder || this.#decoder.state === 'closed') this.#decoder = this.#newDecoder();
      this.#decoder.decode(
        new EncodedVideoChunk({
          type: frame.keyframe ? 'key' : 'delta',
          timestamp: frame.captureTimeUs,
          data: frame.payload,
        }),
      );
    } catch {
      this.#onDecoderError();
    }
  }

  #newDecoder(): VideoDecoder {
    const decoder = new VideoDecoder({
      output: (picture) => this.#onDecoded(picture),
      error: () => this.#onDecoderError(),
    });
    decoder.configure({ codec: this.info.codec, optimizeForLatency: true });
    return decoder;
  }

  /** Bad bytes close a decoder for good: begin anew at a keyframe. */
  #onDecoderError(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#tracker.reset();
  }

  #onDecoded(picture: VideoFrame): void {
    this.#decoded++;
    this.#width = picture.displayWidth;
    this.#height = picture.displayHeight;
    if (!this.#queue.push({ picture, captureMs: picture.timestamp / 1000 })) {
      picture.close();
      this.#late++;
    }
    this.#showDue();
  }

  #offsetMs(): number {
    return this.#syncedOffsetMs ?? this.#queue.ownOffsetMs ?? 0;
  }

  #showDue(): void {
    clearTimeout(this.#timer);
    const now = sharedNowMs();
    // A timer wakes up to a millisecond early or late; waiting again for that is not worth it.
    const due = this.#queue.take(now + 1, this.#offsetMs());
    if (due) {
      for (const { picture } of due.overtaken) {
        picture.close();
        this.#late++;
      }
      this.#show(due.show.picture, due.show.captureMs, now);
    }
    const nextMs = this.#queue.nextDueMs(this.#offsetMs());
    if (nextMs === undefined) return;
    this.#timer = setTimeout(() => this.#showDue(), Math.max(0, nextMs - sharedNowMs()));
  }

  #show(picture: VideoFrame, captureMs: number, now: number): void {
    const wanted = this.#delivery.state === 'live' && !this.#muted;
    if (this.#sink.kind === 'none' || !wanted) {
      picture.close();
      return;
    }
    this.#shownLatenessMs = Math.max(0, now - captureMs - this.#queue.baseMs);
    if (this.#writer) {
      // A sink that still holds the last picture would only queue this one.
      if ((this.#writer.desiredSize ?? 0) <= 0) {
        picture.close();
        this.#late++;
        return;
      }
      this.#writer.write(picture).catch(() => picture.close());
    } else {
      this.events.picture(picture);
    }
    this.#shown++;
    this.#meter.shown(now);
  }
}
