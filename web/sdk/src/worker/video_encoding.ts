import type { EncodingStats } from '../api/types.js';
import { EncoderBitrate } from '../core/encoder_bitrate.js';
import type { EncodingPlan } from '../core/encoding_plan.js';
import type { Frame } from '../core/frame.js';
import { FreezeMeter } from '../core/freeze_meter.js';
import { TemporalDependencies } from '../core/temporal_dependencies.js';
import { AUDIO_LEVEL_UNKNOWN } from '../core/wire.js';
import { sharedNowMs } from './shared_clock.js';

/** What an encoding tells its track's publisher. */
export interface VideoEncodingEvents {
  encoded(frame: Omit<Frame, 'handle'>): void;
  /** The encoder failed again and again; `message` is the browser's. */
  failed(message: string): void;
}

/** Pictures inside the encoder; more only wait there. */
const PENDING_MAX = 2;
/** What has not come out for so long was dropped by the encoder. */
const PENDING_MS = 1000;
const SUBMITTED_MAX = 64;
const RESTARTS_MAX = 5;
/** An encoder that made so many pictures was a good one: its failure begins a new count. */
const PICTURES_PROVEN = 100;

/**
 * One encoding of a video track: one encoder, which exists while the encoding is on (browsers take
 * idle encoders away). Frame numbers and dependencies are its own and outlive the encoder.
 */
export class VideoEncoding {
  #encoder: VideoEncoder | undefined;
  readonly #dependencies: TemporalDependencies;
  readonly #bitrate: EncoderBitrate;
  readonly #meter = new FreezeMeter();
  /** Pictures inside the encoder, by the timestamps it knows them by. */
  readonly #submitted = new Map<number, { readonly captureUs: number; readonly atMs: number }>();
  #on = true;
  #keyframeWanted = true;
  /** Keyframes that were asked for and did not come out yet. */
  #keyframesDue = 0;
  #reconfigured = false;
  #started = false;
  #restarts = 0;
  #pictures = 0;
  #bytes = 0;

  constructor(
    readonly encoding: number,
    private plan: EncodingPlan,
    temporalLayers: number,
    private readonly events: VideoEncodingEvents,
  ) {
    this.#dependencies = new TemporalDependencies(temporalLayers);
    this.#bitrate = new EncoderBitrate(plan.maxBitrateBps);
  }

  /** The source has another size now. */
  setPlan(plan: EncodingPlan): void {
    this.plan = plan;
    this.#closeEncoder();
  }

  get on(): boolean {
    return this.#on;
  }

  /** Off: no encoder, no frames. What comes after begins with a keyframe. */
  setOn(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    if (!on) this.#closeEncoder();
  }

  /** The next picture will be a keyframe. */
  requestKeyframe(): void {
    this.#keyframeWanted = true;
  }

  get keyframeWanted(): boolean {
    return this.#keyframeWanted;
  }

  /** The encoder should make so much; it hears of it when it is worth it. */
  setBitrate(bps: number): void {
    if (!this.#bitrate.aim(bps, sharedNowMs()) || this.#encoder?.state !== 'configured') return;
    this.#configure(this.#encoder);
    this.#reconfigured = true;
  }

  /** The encoder still holds earlier pictures: submitted, but not put out. */
  get behind(): boolean {
    const sinceMs = sharedNowMs() - PENDING_MS;
    let pending = 0;
    for (const { atMs } of this.#submitted.values()) if (atMs > sinceMs) pending++;
    return pending > PENDING_MAX;
  }

  /** Encodes a picture; it stays the caller's. */
  encode(picture: VideoFrame, captureUs: number): void {
    if (!this.#on) return;
    const encoder = this.#openEncoder();
    this.#submitted.set(picture.timestamp, { captureUs, atMs: sharedNowMs() });
    const oldest = this.#submitted.keys().next();
    if (this.#submitted.size > SUBMITTED_MAX && !oldest.done) this.#submitted.delete(oldest.value);
    encoder.encode(picture, { keyFrame: this.#keyframeWanted });
    if (this.#keyframeWanted) this.#keyframesDue++;
    this.#keyframeWanted = false;
  }

  /** Nothing is captured for now. */
  pause(): void {
    this.#meter.pause();
    this.#closeEncoder();
  }

  stats(): EncodingStats {
    const { width, height } = this.plan.config;
    return {
      encoding: this.encoding,
      width,
      height,
      active: this.#on,
      fps: this.#on ? this.#meter.fps(sharedNowMs()) : 0,
      targetBitrateBps: this.#on ? this.#bitrate.bps : 0,
      framesEncoded: this.#pictures,
      bytesEncoded: this.#bytes,
    };
  }

  close(): void {
    this.#on = false;
    this.#closeEncoder();
  }

  #openEncoder(): VideoEncoder {
    if (this.#encoder && this.#encoder.state !== 'closed') return this.#encoder;
    const encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        if (this.#encoder === encoder) this.#onEncoded(chunk, metadata);
      },
      error: (error) => {
        if (this.#encoder === encoder) this.#onError(error);
      },
    });
    this.#encoder = encoder;
    this.#configure(encoder);
    this.#started = false;
    this.#keyframeWanted = true;
    return encoder;
  }

  #closeEncoder(): void {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    this.#submitted.clear();
    this.#keyframesDue = 0;
    this.#reconfigured = false;
    if (encoder && encoder.state !== 'closed') encoder.close();
  }

  #configure(encoder: VideoEncoder): void {
    encoder.configure({ ...this.plan.config, bitrate: this.#bitrate.bps });
  }

  #onEncoded(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    const submitted = this.#submitted.get(chunk.timestamp);
    this.#forgetUpTo(chunk.timestamp);
    const keyframe = chunk.type === 'key';
    if (!submitted) {
      // Without its capture time it cannot be sent, nor what depends on it.
      this.#started = false;
      this.#keyframeWanted = true;
      return;
    }
    if (!keyframe && !this.#started) return;
    if (keyframe) this.#learnFromKeyframe();
    this.#started = true;
    const payload = new Uint8Array(chunk.byteLength);
    chunk.copyTo(payload);
    const { svc } = (metadata ?? {}) as { svc?: { temporalLayerId?: number } };
    // Numbers are given here, at the output, so that what the encoder drops leaves no gap.
    const structure = this.#dependencies.next(keyframe, svc?.temporalLayerId);
    this.#pictures++;
    this.#bytes += payload.length;
    if (this.#pictures % PICTURES_PROVEN === 0) this.#restarts = 0;
    this.#meter.shown(sharedNowMs());
    this.events.encoded({
      ...structure,
      encoding: this.encoding,
      keyframe,
      captureTimeUs: submitted.captureUs,
      audioLevel: AUDIO_LEVEL_UNKNOWN,
      payload,
    });
  }

  /** A keyframe that nobody asked for, right after a change of bitrate, is the price of changes. */
  #learnFromKeyframe(): void {
    if (this.#keyframesDue > 0) this.#keyframesDue--;
    else if (this.#reconfigured) this.#bitrate.changesAreCostly();
    this.#reconfigured = false;
  }

  /** Encoders keep order: what was submitted before `timestamp` and did not come out was dropped. */
  #forgetUpTo(timestamp: number): void {
    if (!this.#submitted.has(timestamp)) return;
    for (const key of this.#submitted.keys()) {
      this.#submitted.delete(key);
      if (key === timestamp) return;
    }
  }

  #onError(error: DOMException): void {
    this.#closeEncoder();
    // The next picture opens a new encoder, unless that fails for good.
    if (++this.#restarts > RESTARTS_MAX) this.events.failed(error.message);
  }
}
