import type { LocalTrackStats } from '../api/types.js';
import { audioLevel } from '../core/audio_level.js';
import { AudioPacketizer, type AudioBlock } from '../core/audio_packetizer.js';
import { SILENCE } from '../core/active_speakers.js';
import { CaptureClock } from '../core/capture_clock.js';
import type { TrackDescription } from '../core/control_messages.js';
import type { Frame } from '../core/frame.js';
import { SilenceGate } from '../core/silence_gate.js';
import { CaptureReader } from './capture_reader.js';
import type { CapturedSamples, Failure } from './messages.js';
import { monoSamples } from './mono_samples.js';
import { sharedNowMs } from './shared_clock.js';

/** What a publisher tells the session. */
export interface AudioPublisherEvents {
  /** The format is known: the track can be published. */
  ready(): void;
  encoded(frame: Omit<Frame, 'handle'>): void;
  failed(failure: Failure): void;
}

/** Speech is clear at 40 kbit/s mono; what a screen sounds may be music. */
const BITRATE_BPS = { microphone: 40_000, screen_audio: 64_000 } as const;
/** Minus dBov: a room behind a noise suppressor is at 70 and more; music fades out softly. */
const QUIET_FROM = { microphone: 60, screen_audio: 96 } as const;
const PACKET_US = 20_000;
const BLOCKS_IN_ENCODER_MAX = 50;
const ENCODER_RESTARTS_MAX = 5;

/** Encodes the sound of a microphone or a screen as Opus, mono, 20 ms a packet. */
export class AudioPublisher {
  readonly #reader = new CaptureReader<AudioData>((data) => this.#take(data));
  #port: MessagePort | undefined;
  #encoder: AudioEncoder | undefined;
  #sampleRate = 0;
  #packetizer: AudioPacketizer | undefined;
  #clock = new CaptureClock();
  #active = false;
  #muted = false;
  #closed = false;
  #restarts = 0;
  #block = 0;
  /** Blocks inside the encoder, by the timestamp it knows them by. */
  readonly #blocks = new Map<number, { captureTimeUs: number; level: number }>();
  #nextFrame = 0;
  readonly #gate: SilenceGate;
  #loudest = SILENCE;

  constructor(
    readonly source: 'microphone' | 'screen_audio',
    private readonly events: AudioPublisherEvents,
  ) {
    this.#gate = new SilenceGate(QUIET_FROM[source]);
  }

  /** What `publish` says; undefined before {@link AudioPublisherEvents.ready}. */
  get description(): TrackDescription | undefined {
    if (this.#sampleRate === 0) return undefined;
    return {
      kind: 'audio',
      source: this.source,
      codec: 'opus',
      sample_rate: 48_000,
      channels: 1,
      muted: this.#muted,
    };
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Sound comes from `readable` from now on. */
  read(readable: ReadableStream<AudioData>): void {
    this.#stopReading();
    this.#reader.read(readable);
  }

  /** Sound comes from the capture worklet at the other end of `port` from now on. */
  listen(port: MessagePort, sampleRate: number): void {
    this.#stopReading();
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<CapturedSamples>) => {
      this.#push(data.samples, sampleRate, (data.position / sampleRate) * 1e6);
    };
  }

  setActive(active: boolean): void {
    this.#active = active;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#packetizer?.reset();
  }

  /** The loudest packet since the last call, minus dBov. */
  takeLoudest(): number {
    const loudest = this.#loudest;
    this.#loudest = SILENCE;
    return loudest;
  }

  stats(): Pick<LocalTrackStats, 'codec' | 'targetBitrateBps' | 'framesEncoded'> {
    return {
      codec: 'opus',
      targetBitrateBps: BITRATE_BPS[this.source],
      framesEncoded: this.#nextFrame,
    };
  }

  close(): void {
    this.#closed = true;
    this.#stopReading();
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
  }

  #take(data: AudioData): void {
    this.#push(monoSamples(data), data.sampleRate, data.timestamp);
    data.close();
  }

  #stopReading(): void {
    this.#reader.stop();
    this.#port?.close();
    this.#port = undefined;
    // Another device has another clock.
    this.#clock = new CaptureClock();
    this.#packetizer?.reset();
  }

  #push(samples: Float32Array, sampleRate: number, timestampUs: number): void {
    if (this.#closed) return;
    if (sampleRate !== this.#sampleRate) this.#begin(sampleRate);
    // Data arrives when its last sample was captured; the clock maps its first.
    const lengthUs = (samples.length / sampleRate) * 1e6;
    const endUs = this.#clock.map(timestampUs + lengthUs, sharedNowMs() * 1000);
    if (this.#muted) return;
    for (const block of this.#packetizer?.push(samples, endUs - lengthUs) ?? []) {
      const level = audioLevel(block.samples);
      this.#loudest = Math.min(this.#loudest, level);
      if (this.#active) this.#encode(block, level);
    }
  }

  #begin(sampleRate: number): void {
    this.#sampleRate = sampleRate;
    this.#packetizer = new AudioPacketizer(sampleRate);
    this.#configure();
    this.events.ready();
  }

  #configure(): void {
    if (!this.#encoder || this.#encoder.state === 'closed') {
      this.#encoder = new AudioEncoder({
        output: (chunk) => this.#onEncoded(chunk),
        error: (error) => this.#onEncoderError(error),
      });
      this.#block = 0;
      this.#blocks.clear();
    }
    this.#encoder.configure({
      codec: 'opus',
      sampleRate: this.#sampleRate,
      numberOfChannels: 1,
      bitrate: BITRATE_BPS[this.source],
      // Not usedtx: silence then ends the encoder with an error in Chromium.
      opus: { frameDuration: PACKET_US },
    });
  }

  #encode(block: AudioBlock, level: number): void {
    if (this.#encoder?.state !== 'configured') return;
    // Even timestamps of our own: browsers differ in what they make of gaps in the input's.
    const timestamp = this.#block++ * PACKET_US;
    this.#blocks.set(timestamp, { captureTimeUs: block.captureTimeUs, level });
    if (this.#blocks.size > BLOCKS_IN_ENCODER_MAX) {
      const oldest = this.#blocks.keys().next();
      if (!oldest.done) this.#blocks.delete(oldest.value);
    }
    const data = new AudioData({
      format: 'f32-planar',
      sampleRate: this.#sampleRate,
      numberOfFrames: block.samples.length,
      numberOfChannels: 1,
      timestamp,
      data: block.samples,
    });
    this.#encoder.encode(data);
    data.close();
  }

  #onEncoded(chunk: EncodedAudioChunk): void {
    // Encoders may give the time of the first sample or round it: nearest packet.
    const key = Math.round(chunk.timestamp / PACKET_US) * PACKET_US;
    const block = this.#blocks.get(key);
    this.#blocks.delete(key);
    // Not before encoding: the encoder goes on with what it heard last.
    if (!block || !this.#gate.passes(block.level)) return;
    const payload = new Uint8Array(chunk.byteLength);
    chunk.copyTo(payload);
    this.events.encoded({
      number: this.#nextFrame++ >>> 0,
      group: 0,
      encoding: 0,
      temporalLayer: 0,
      keyframe: false,
      discardable: false,
      dependencies: [],
      captureTimeUs: block.captureTimeUs,
      audioLevel: block.level,
      payload,
    });
  }

  #onEncoderError(error: DOMException): void {
    if (this.#closed) return;
    if (++this.#restarts > ENCODER_RESTARTS_MAX) {
      this.events.failed({
        code: 'encoder_failed',
        message: `The audio encoder of this browser failed again and again (${error.message}).`,
      });
      return;
    }
    this.#configure();
  }
}
