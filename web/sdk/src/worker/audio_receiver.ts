import type { RemoteTrackStats } from '../api/types.js';
import { SILENCE } from '../core/active_speakers.js';
import type { AudioPacket, AudioPlayoutStatus } from '../core/audio_jitter_buffer.js';
import { AudioPacketRing } from '../core/audio_packet_ring.js';
import type { TrackInfo } from '../core/control_messages.js';
import { DeliveryRate } from '../core/delivery_rate.js';
import type { Frame } from '../core/frame.js';
import { SoundOrder, type Way } from '../core/sound_order.js';
import { WindowedMinimum } from '../core/windowed_minimum.js';
import { AUDIO_LEVEL_UNKNOWN } from '../core/wire.js';
import { monoSamples } from './mono_samples.js';
import type { FromPlayout, ToPlayout } from './messages.js';
import { sharedNowMs } from './shared_clock.js';

/** What is handed to the worklet is at the decoder's 48 kHz, whatever was captured. */
const SAMPLE_RATE = 48_000;
/** Packets inside the decoder; more means that it is stuck. */
const PENDING_MAX = 100;

/** Decodes one remote audio track and hands the sound to its playout worklet. */
export class AudioReceiver {
  readonly #order = new SoundOrder();
  #orderTimer: ReturnType<typeof setTimeout> | undefined;
  #decoder: AudioDecoder | undefined;
  /** Frames inside the decoder: it puts out one for each, but with times of its own. */
  #pending: { frame: number; captureMs: number }[] = [];
  #port: MessagePort | undefined;
  #ring: AudioPacketRing | undefined;
  #status: AudioPlayoutStatus | undefined;
  #statusMs = 0;
  /** (shared clock - sound card's clock): messages from the worklet only come late. */
  readonly #cardOffset = new WindowedMinimum(10_000);
  readonly #rate = new DeliveryRate();
  #loudest = SILENCE;
  #bytes = 0;
  #received = 0;
  #decoded = 0;
  #lost = 0;

  constructor(
    readonly info: TrackInfo,
    readonly participant: string,
    /** From the sound card's clock to the ear, in ms. */
    private readonly outputLatencyMs: () => number,
  ) {}

  /** Takes a frame off the wire. */
  receive(frame: Frame, way: Way): void {
    this.#order.push(frame, way, sharedNowMs());
    this.#takeInOrder();
  }

  /** Nothing more comes over the lane. */
  laneClosed(): void {
    this.#order.laneClosed();
    this.#takeInOrder();
  }

  /** Sound goes to the worklet at the other end of `port`, through `ring` if there is one. */
  setSink(port: MessagePort, ring: SharedArrayBuffer | undefined): void {
    this.#port = port;
    this.#ring = ring && new AudioPacketRing(ring);
    port.onmessage = ({ data }: MessageEvent<FromPlayout>) => {
      this.#status = data.status;
      this.#statusMs = sharedNowMs();
      this.#cardOffset.push(this.#statusMs - data.contextMs, this.#statusMs);
    };
  }

  /** The loudest packet since the last call, minus dBov. */
  takeLoudest(): number {
    const loudest = this.#loudest;
    this.#loudest = SILENCE;
    return loudest;
  }

  /** (heard - captured) in ms on the shared clock; undefined while nothing plays. */
  get offsetMs(): number | undefined {
    const stale = sharedNowMs() - this.#statusMs > 1000;
    const offset = this.#status?.offsetMs;
    if (stale || offset === undefined) return undefined;
    return offset + this.#cardOffset.value + this.outputLatencyMs();
  }

  /** Play no earlier than this after capture, since the picture is later. */
  setMinOffset(offsetMs: number): void {
    if (!Number.isFinite(this.#cardOffset.value)) return;
    const message: ToPlayout = {
      type: 'minOffset',
      offsetMs: offsetMs - this.#cardOffset.value - this.outputLatencyMs(),
    };
    this.#port?.postMessage(message);
  }

  stats(rttMs: number): RemoteTrackStats {
    const status = this.#status;
    const delay =
      status?.offsetMs === undefined ? 0 : Math.max(0, status.offsetMs - status.baseMs);
    return {
      track: this.info.track,
      participant: this.participant,
      kind: 'audio',
      source: this.info.source,
      bytes: this.#bytes,
      bitrateBps: Math.round(this.#rate.bitsPerSecond(sharedNowMs())),
      framesReceived: this.#received,
      framesDecoded: this.#decoded,
      framesShown: status?.packetsPlayed ?? 0,
      framesLate: (status?.packetsLate ?? 0) + this.#lost,
      framesUndecodable: 0,
      fps: 0,
      ageMs: delay === 0 ? 0 : delay + this.outputLatencyMs() + rttMs / 2,
      frozenSeconds: 0,
      playoutDelayMs: delay,
      concealedShare: status?.samplesPlayed ? status.samplesConcealed / status.samplesPlayed : 0,
      playedSeconds: (status?.samplesPlayed ?? 0) / SAMPLE_RATE,
      keyframesRequested: 0,
      width: 0,
      height: 0,
    };
  }

  close(): void {
    clearTimeout(this.#orderTimer);
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
  }

  #takeInOrder(): void {
    clearTimeout(this.#orderTimer);
    const now = sharedNowMs();
    for (let frame = this.#order.pop(now); frame; frame = this.#order.pop(now)) this.#take(frame);
    const { dueMs } = this.#order;
    if (dueMs === undefined) return;
    this.#orderTimer = setTimeout(() => this.#takeInOrder(), Math.max(0, dueMs - now));
  }

  #take(frame: Frame): void {
    this.#received++;
    this.#bytes += frame.payload.length;
    this.#rate.push(this.#bytes, sharedNowMs());
    if (frame.audioLevel !== AUDIO_LEVEL_UNKNOWN) {
      this.#loudest = Math.min(this.#loudest, frame.audioLevel);
    }
    this.#decode(frame);
  }

  #decode(frame: Frame): void {
    if (this.#pending.length > PENDING_MAX) this.#replaceDecoder();
    try {
      if (!this.#decoder || this.#decoder.state === 'closed') this.#decoder = this.#newDecoder();
      this.#pending.push({ frame: frame.number, captureMs: frame.captureTimeUs / 1000 });
      this.#decoder.decode(
        new EncodedAudioChunk({
          type: 'key',
          timestamp: frame.captureTimeUs,
          data: frame.payload,
        }),
      );
    } catch {
      this.#replaceDecoder();
    }
  }

  #newDecoder(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (data) => this.#onDecoded(data),
      error: () => this.#replaceDecoder(),
    });
    decoder.configure({
      codec: this.info.codec,
      sampleRate: this.info.sample_rate ?? SAMPLE_RATE,
      numberOfChannels: this.info.channels ?? 1,
    });
    return decoder;
  }

  /** A bad packet closes a decoder for good. What was inside is lost; the rest goes on. */
  #replaceDecoder(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#lost += this.#pending.length;
    this.#pending = [];
  }

  #onDecoded(data: AudioData): void {
    const pending = this.#pending.shift();
    const samples = monoSamples(data);
    data.close();
    if (!pending) return;
    this.#decoded++;
    this.#hand({ ...pending, samples });
  }

  #hand(packet: AudioPacket & { samples: Float32Array<ArrayBuffer> }): void {
    if (this.#ring) {
      if (!this.#ring.write(packet)) this.#lost++;
      return;
    }
    const message: ToPlayout = { type: 'packet', packet };
    this.#port?.postMessage(message, [packet.samples.buffer]);
  }
}
