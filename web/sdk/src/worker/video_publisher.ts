import type { LocalTrackStats } from '../api/types.js';
import { BitrateSteering, type UplinkCondition } from '../core/bitrate_steering.js';
import { CaptureClock } from '../core/capture_clock.js';
import type { TrackDescription } from '../core/control_messages.js';
import { cameraPlans, screenPlans, type VideoPlan } from '../core/encoding_plan.js';
import type { Frame } from '../core/frame.js';
import { FreezeMeter } from '../core/freeze_meter.js';
import { PicturePacer } from '../core/picture_pacer.js';
import { TemporalDependencies } from '../core/temporal_dependencies.js';
import { AUDIO_LEVEL_UNKNOWN } from '../core/wire.js';
import type { Failure } from './messages.js';
import { sharedNowMs } from './shared_clock.js';

/** What a publisher tells the session. */
export interface VideoPublisherEvents {
  /** The encoder is chosen: the track can be published (again, when its size changed). */
  ready(): void;
  encoded(frame: Omit<Frame, 'handle'>): void;
  failed(failure: Failure): void;
}

/** Pictures inside the encoder; more only wait there. */
const ENCODE_QUEUE_MAX = 2;
/** While the uplink holds frames back this long, pictures are better not encoded at all. */
const UPLINK_QUEUE_SKIP_MS = 150;
/** A still screen is encoded again so often: it sharpens, and late joiners soon see it. */
const STILL_REFRESH_MS = 1000;
const ENCODER_RESTARTS_MAX = 5;
const CAPTURE_TIMES_MAX = 64;

/** Encodes the pictures of a camera or a screen. Owns each picture that it is given. */
export class VideoPublisher {
  #reader: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #encoder: VideoEncoder | undefined;
  #plan: VideoPlan | undefined;
  #sourceSize = { width: 0, height: 0 };
  #preparing = false;
  #active = false;
  #muted = false;
  #keyframeWanted = true;
  #closed = false;
  #restarts = 0;
  #dependencies = new TemporalDependencies(1);
  #steering = new BitrateSteering(1, 1);
  #pacer = new PicturePacer(30);
  readonly #clock = new CaptureClock();
  /** Capture times of pictures inside the encoder, by the timestamps it knows them by. */
  readonly #captureTimes = new Map<number, number>();
  #held: VideoFrame | undefined;
  #heldMs = 0;
  #encodedMs = 0;
  #started = false;
  #encodedFrames = 0;
  #skippedFrames = 0;
  readonly #meter = new FreezeMeter();

  constructor(
    readonly source: 'camera' | 'screen',
    private readonly events: VideoPublisherEvents,
    /** How long frames wait for the uplink, in ms. */
    private readonly uplinkQueueMs: () => number,
  ) {}

  /** What `publish` says; undefined before {@link VideoPublisherEvents.ready}. */
  get description(): TrackDescription | undefined {
    if (!this.#plan) return undefined;
    const { codec, width, height } = this.#plan.config;
    return {
      kind: 'video',
      source: this.source,
      codec,
      width,
      height,
      temporal_layers: this.#plan.temporalLayers,
      muted: this.#muted,
    };
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Pictures come from `readable` from now on, and no longer from an earlier one. */
  read(readable: ReadableStream<VideoFrame>): void {
    this.#stopReading();
    const reader = readable.getReader();
    this.#reader = reader;
    void this.#pump(reader);
  }

  /** Takes one picture. */
  push(frame: VideoFrame): void {
    const captureUs = this.#clock.map(frame.timestamp, sharedNowMs() * 1000);
    if (this.#closed || this.#muted || !this.#pacer.wants(captureUs / 1000)) {
      frame.close();
      return;
    }
    this.#prepareFor(frame);
    if (this.#mayEncode()) this.#encode(frame, captureUs);
    if (this.source === 'screen') this.#hold(frame);
    else frame.close();
  }

  /** Whether frames are wanted: true between `published` and the end of the connection. */
  setActive(active: boolean): void {
    this.#active = active;
    this.requestKeyframe();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.requestKeyframe();
    if (!muted) return;
    this.#stopReading();
    this.#meter.pause();
    this.#dropHeld();
  }

  /** The next picture will be a keyframe. */
  requestKeyframe(): void {
    this.#keyframeWanted = true;
  }

  /** Steers the bitrate and keeps a still screen alive; to be called ten times a second. */
  tick(condition: UplinkCondition, shareBps: number): void {
    const now = sharedNowMs();
    if (this.#active && !this.#muted && this.#steering.update(condition, shareBps, now)) {
      this.#configure();
    }
    const refreshAfter = this.#keyframeWanted ? STILL_REFRESH_MS / 4 : STILL_REFRESH_MS;
    if (!this.#held || now - this.#encodedMs < refreshAfter || !this.#mayEncode()) return;
    const elapsedUs = Math.round((now - this.#heldMs) * 1000);
    const again = new VideoFrame(this.#held, { timestamp: this.#held.timestamp + elapsedUs });
    this.#encode(again, Math.round(now * 1000));
    again.close();
  }

  stats(): Pick<
    LocalTrackStats,
    'codec' | 'width' | 'height' | 'fps' | 'targetBitrateBps' | 'framesEncoded' | 'framesSkipped'
  > {
    return {
      codec: this.#plan?.config.codec ?? '',
      width: this.#plan?.config.width ?? 0,
      height: this.#plan?.config.height ?? 0,
      fps: this.#meter.fps(sharedNowMs()),
      targetBitrateBps: this.#steering.bitrateBps,
      framesEncoded: this.#encodedFrames,
      framesSkipped: this.#skippedFrames,
    };
  }

  close(): void {
    this.#closed = true;
    this.#stopReading();
    this.#dropHeld();
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
  }

  async #pump(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (this.#reader === reader) this.push(value);
        else value.close();
      }
    } catch {
      // The track ended under the reader; the page hears of that from the track itself.
    }
  }

  #stopReading(): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = undefined;
  }

  #mayEncode(): boolean {
    if (!this.#active || !this.#encoder || this.#encoder.state !== 'configured') return false;
    const behind =
      this.#encoder.encodeQueueSize > ENCODE_QUEUE_MAX ||
      this.uplinkQueueMs() > UPLINK_QUEUE_SKIP_MS;
    if (behind) this.#skippedFrames++;
    return !behind;
  }

  #encode(frame: VideoFrame, captureUs: number): void {
    this.#captureTimes.set(frame.timestamp, captureUs);
    if (this.#captureTimes.size > CAPTURE_TIMES_MAX) {
      const oldest = this.#captureTimes.keys().next();
      if (!oldest.done) this.#captureTimes.delete(oldest.value);
    }
    this.#encodedMs = sharedNowMs();
    this.#encoder?.encode(frame, { keyFrame: this.#keyframeWanted });
    this.#keyframeWanted = false;
  }

  #hold(frame: VideoFrame): void {
    this.#dropHeld();
    this.#held = frame;
    this.#heldMs = sharedNowMs();
  }

  #dropHeld(): void {
    this.#held?.close();
    this.#held = undefined;
  }

  /** Chooses an encoder for pictures of this size, unless that is done. */
  #prepareFor({ displayWidth: width, displayHeight: height }: VideoFrame): void {
    const same = width === this.#sourceSize.width && height === this.#sourceSize.height;
    if (same || this.#preparing) return;
    this.#sourceSize = { width, height };
    this.#preparing = true;
    void this.#choosePlan(width, height).finally(() => (this.#preparing = false));
  }

  async #choosePlan(width: number, height: number): Promise<void> {
    const plans = this.source === 'camera' ? cameraPlans : screenPlans;
    for (const plan of plans({ width, height })) {
      const { supported } = await VideoEncoder.isConfigSupported(plan.config).catch(() => ({
        supported: false,
      }));
      if (!supported || this.#closed) continue;
      const sameCodec = plan.config.codec === this.#plan?.config.codec;
      if (!sameCodec) this.#dependencies = new TemporalDependencies(plan.temporalLayers);
      this.#plan = plan;
      this.#steering = new BitrateSteering(plan.minBitrateBps, plan.maxBitrateBps);
      this.#pacer = new PicturePacer(plan.framerate);
      this.#configure();
      this.events.ready();
      return;
    }
    if (this.#closed) return;
    this.events.failed({
      code: 'unsupported',
      message: 'This browser cannot encode video of a kind that the others can show.',
    });
  }

  #configure(): void {
    if (!this.#plan || this.#closed) return;
    if (!this.#encoder || this.#encoder.state === 'closed') {
      this.#encoder = new VideoEncoder({
        output: (chunk, metadata) => this.#onEncoded(chunk, metadata),
        error: (error) => this.#onEncoderError(error),
      });
      this.#started = false;
      this.requestKeyframe();
    }
    this.#encoder.configure({ ...this.#plan.config, bitrate: this.#steering.bitrateBps });
  }

  #onEncoded(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    const captureTimeUs = this.#captureTimes.get(chunk.timestamp);
    this.#captureTimes.delete(chunk.timestamp);
    const keyframe = chunk.type === 'key';
    if (captureTimeUs === undefined || (!keyframe && !this.#started)) return;
    this.#started = true;
    const payload = new Uint8Array(chunk.byteLength);
    chunk.copyTo(payload);
    const { svc } = (metadata ?? {}) as { svc?: { temporalLayerId?: number } };
    // Numbers are given here, at the output, so that what the encoder drops leaves no gap.
    const structure = this.#dependencies.next(keyframe, svc?.temporalLayerId);
    this.#encodedFrames++;
    this.#meter.shown(sharedNowMs());
    this.events.encoded({
      ...structure,
      encoding: 0,
      keyframe,
      captureTimeUs,
      audioLevel: AUDIO_LEVEL_UNKNOWN,
      payload,
    });
  }

  #onEncoderError(error: DOMException): void {
    if (this.#closed) return;
    if (++this.#restarts > ENCODER_RESTARTS_MAX) {
      this.events.failed({
        code: 'encoder_failed',
        message: `The video encoder of this browser failed again and again (${error.message}).`,
      });
      return;
    }
    this.#configure();
  }
}
