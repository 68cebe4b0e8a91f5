import { ArrivalJitter } from './arrival_jitter.js';
import { Concealment } from './concealment.js';
import { frameDistance } from './frame.js';
import { lengthen, shorten } from './time_stretch.js';

/** Decoded sound of one packet. */
export interface AudioPacket {
  /** Frame number; a gap is a loss. */
  readonly frame: number;
  /** Milliseconds on the publisher's clock, of the first sample. */
  readonly captureMs: number;
  readonly samples: Float32Array;
}

/** Counts and figures for statistics and for {@link syncOffsets}. */
export interface AudioPlayoutStatus {
  /** (played - captured) of the sample played now, in ms; undefined before the first. */
  readonly offsetMs: number | undefined;
  /** Where it would be without waiting for pictures. */
  readonly ownOffsetMs: number | undefined;
  /** The shortest (arrival - capture) seen lately. */
  readonly baseMs: number;
  /** What is held back for jitter. */
  readonly targetMs: number;
  readonly packetsPlayed: number;
  readonly packetsLate: number;
  /** Real and made up; silence that the sender meant is not in it. */
  readonly samplesPlayed: number;
  /** Made up, and silence where sound should have been. */
  readonly samplesConcealed: number;
}

/** Two seconds of 20 ms packets. */
const PACKETS_MAX = 100;
const START_TARGET_MS = 60;
/** Four seconds of 20 ms packets. */
const JITTER_PACKETS = 200;
/** Gaps are heard, so few packets may be late. */
const JITTER_COVERED = 0.97;
const TARGET_MIN_MS = 30;
const TARGET_MAX_MS = 180;
/** A packet, since the buffer works in whole ones, and the sound card's own step. */
const MARGIN_MS = 25;
/** Off by more than this is corrected by stretching, one waveform period at a time... */
const STRETCH_FROM_MS = 12;
/** ...at most this often, which makes about 10 % of speed... */
const STRETCH_EVERY_MS = 80;
/** ...and even where the cut fits badly when off by this much. */
const STRETCH_ANYWAY_MS = 60;
/** Later than wanted by more than this is not worth hearing: jump. */
const JUMP_FROM_MS = 150;
/** A jump in capture time without a gap in frame numbers: the sender paused (DTX). */
const PAUSE_FROM_MS = 5;
/** Of a longer loss only so much is made up; the rest is skipped, which brings us back to live. */
const CONCEAL_MAX_MS = 80;
const SMOOTHING = 0.1;

/**
 * Turns packets that arrive unevenly into an even stream of samples, as late as needed and no
 * later.
 *
 * Playing `target` after the shortest way seen covers 97 of 100 packets. The target follows the
 * jitter; playing follows the target by leaving out or repeating single waveform periods, so
 * neither clicks nor changes pitch. A missing packet is concealed. After an outage, what is too old
 * to be heard is skipped.
 *
 * Time is the sound card's, in milliseconds. Bound: 100 packets; overflow: the oldest is late.
 */
export class AudioJitterBuffer {
  readonly #packets: AudioPacket[] = [];
  readonly #jitter = new ArrivalJitter(JITTER_PACKETS, JITTER_COVERED);
  readonly #concealment: Concealment;
  #segment: Float32Array = new Float32Array();
  #segmentAt = 0;
  /** Capture time of the end of the segment. */
  #endMs: number | undefined;
  #expectedFrame: number | undefined;
  #newestFrame: number | undefined;
  #targetMs = START_TARGET_MS;
  #minOffsetMs = Number.NEGATIVE_INFINITY;
  #errorMs = 0;
  #stretchedMs = Number.NEGATIVE_INFINITY;
  #buffering = true;
  /** Made up since packets ran out. */
  #starvedSamples = 0;
  /** Played since sound ran out, and where in capture time it did. */
  #silentSamples = 0;
  #silentFromMs: number | undefined;
  #played = 0;
  #late = 0;
  #samplesPlayed = 0;
  #samplesConcealed = 0;

  constructor(private readonly sampleRate: number) {
    this.#concealment = new Concealment(sampleRate);
  }

  /** A packet was decoded. One connection keeps order, so an older one is a repetition. */
  push(packet: AudioPacket, nowMs: number): void {
    if (this.#newestFrame !== undefined && frameDistance(packet.frame, this.#newestFrame) <= 0) {
      this.#late++;
      return;
    }
    this.#newestFrame = packet.frame;
    this.#jitter.push(packet.captureMs, nowMs);
    this.#steerTarget();
    this.#packets.push(packet);
    if (this.#packets.length > PACKETS_MAX) this.#dropOldest();
  }

  /** Never play earlier than this after capture, since the picture is later. */
  setMinOffset(offsetMs: number): void {
    this.#minOffsetMs = offsetMs;
  }

  /** Fills `out` with what is to be heard from `nowMs` on. */
  pull(out: Float32Array, nowMs: number): void {
    let filled = 0;
    while (filled < out.length) {
      if (this.#segmentAt === this.#segment.length) {
        const atMs = nowMs + (filled / this.sampleRate) * 1000;
        if (!this.#refill(out.length - filled, atMs)) {
          out.fill(0, filled);
          if (this.#played > 0) this.#silentSamples += out.length - filled;
          return;
        }
      }
      const count = Math.min(out.length - filled, this.#segment.length - this.#segmentAt);
      out.set(this.#segment.subarray(this.#segmentAt, this.#segmentAt + count), filled);
      this.#segmentAt += count;
      filled += count;
    }
  }

  status(nowMs: number): AudioPlayoutStatus {
    const { baseMs } = this.#jitter;
    const known = Number.isFinite(baseMs);
    return {
      offsetMs: this.#buffering ? undefined : this.#offsetMs(nowMs),
      ownOffsetMs: known ? baseMs + this.#targetMs : undefined,
      baseMs,
      targetMs: this.#targetMs,
      packetsPlayed: this.#played,
      packetsLate: this.#late,
      samplesPlayed: this.#samplesPlayed,
      samplesConcealed: this.#samplesConcealed,
    };
  }

  /** Prepares the next segment; false when there is only silence. */
  #refill(count: number, nowMs: number): boolean {
    const next = this.#packets[0];
    if (this.#buffering) {
      if (!next || nowMs - next.captureMs < this.#wantedOffsetMs()) return false;
      this.#buffering = false;
      this.#judgeSilence(next);
      this.#expectedFrame = next.frame;
      this.#endMs = next.captureMs;
      this.#errorMs = 0;
    }
    this.#skipWhatIsTooLate(nowMs);
    const packet = this.#packets[0];
    if (!packet) return this.#starve(count);
    if (packet.frame !== this.#expectedFrame) return this.#bridgeLoss(packet);
    this.#takeAsMeant(packet);
    const pauseMs = packet.captureMs - (this.#endMs ?? packet.captureMs);
    if (pauseMs > PAUSE_FROM_MS) return this.#bridgePause(pauseMs);
    this.#packets.shift();
    this.#play(packet, nowMs);
    return true;
  }

  #play(packet: AudioPacket, nowMs: number): void {
    this.#expectedFrame = (packet.frame + 1) >>> 0;
    this.#endMs = packet.captureMs + this.#durationMs(packet.samples);
    this.#played++;
    const errorMs = nowMs - packet.captureMs - this.#wantedOffsetMs();
    this.#errorMs += SMOOTHING * (errorMs - this.#errorMs);
    const samples = this.#concealment.real(this.#stretch(packet.samples, nowMs));
    this.#samplesPlayed += samples.length;
    this.#setSegment(samples);
  }

  /** Shortens or lengthens a packet when we play too late or too early. */
  #stretch(samples: Float32Array, nowMs: number): Float32Array {
    const off = Math.abs(this.#errorMs);
    if (off < STRETCH_FROM_MS || nowMs - this.#stretchedMs < STRETCH_EVERY_MS) return samples;
    const stretched =
      this.#errorMs > 0
        ? shorten(samples, this.sampleRate)
        : lengthen(samples, this.sampleRate);
    if (!stretched || (stretched.likeness < 0.5 && off < STRETCH_ANYWAY_MS)) return samples;
    this.#stretchedMs = nowMs;
    this.#errorMs += this.#durationMs(stretched.samples) - this.#durationMs(samples);
    return stretched.samples;
  }

  /** Nothing has come: make up a little, then fall silent and buffer anew. */
  #starve(count: number): boolean {
    if (this.#concealment.faded) {
      this.#buffering = true;
      this.#silentFromMs = this.#endMs;
      this.#endMs = undefined;
      // Whether it was missing is judged when sound is back, together with the silence.
      this.#silentSamples += this.#starvedSamples;
      this.#forget(this.#starvedSamples);
      return false;
    }
    this.#concealInto(count);
    this.#starvedSamples += count;
    return true;
  }

  /**
   * Sound is back after silence: what of that the sender did not mean counts as made up. A pause of
   * the sender is a gap in capture time without one in frame numbers.
   */
  #judgeSilence(next: AudioPacket): void {
    const meant = next.frame === this.#expectedFrame;
    const pauseMs = meant ? Math.max(0, next.captureMs - (this.#silentFromMs ?? next.captureMs)) : 0;
    const pauseSamples = Math.round((pauseMs / 1000) * this.sampleRate);
    const missing = Math.max(0, this.#silentSamples - pauseSamples);
    this.#samplesConcealed += missing;
    this.#samplesPlayed += missing;
    this.#silentSamples = 0;
  }

  /** What was made up in a pause that the sender meant was part of the pause. */
  #takeAsMeant(packet: AudioPacket): void {
    const pauseMs = packet.captureMs - (this.#endMs ?? packet.captureMs);
    if (pauseMs > PAUSE_FROM_MS) {
      const pauseSamples = Math.round((pauseMs / 1000) * this.sampleRate);
      const meant = Math.min(this.#starvedSamples, pauseSamples);
      this.#endMs = (this.#endMs ?? 0) + (meant / this.sampleRate) * 1000;
      this.#forget(meant);
    }
    this.#starvedSamples = 0;
  }

  /** So much that was made up is not to be counted, or not yet. */
  #forget(samples: number): void {
    this.#samplesConcealed -= samples;
    this.#samplesPlayed -= samples;
    this.#starvedSamples = 0;
  }

  /** Frames are missing before `packet`; over one connection they will not come any more. */
  #bridgeLoss(packet: AudioPacket): boolean {
    const gapMs = packet.captureMs - (this.#endMs ?? packet.captureMs);
    this.#expectedFrame = packet.frame;
    this.#endMs = packet.captureMs;
    const concealMs = Math.max(1, Math.min(CONCEAL_MAX_MS, gapMs));
    this.#concealInto(Math.round((concealMs / 1000) * this.sampleRate));
    return true;
  }

  /** The sender was silent on purpose. */
  #bridgePause(pauseMs: number): boolean {
    const samples = new Float32Array(Math.round((Math.min(20, pauseMs) / 1000) * this.sampleRate));
    this.#endMs = (this.#endMs ?? 0) + this.#durationMs(samples);
    this.#setSegment(this.#concealment.real(samples));
    return true;
  }

  #concealInto(count: number): void {
    const samples = this.#concealment.conceal(count);
    this.#samplesConcealed += count;
    this.#samplesPlayed += count;
    this.#setSegment(samples);
  }

  #skipWhatIsTooLate(nowMs: number): void {
    const wanted = this.#wantedOffsetMs();
    const first = this.#packets[0];
    if (this.#packets.length < 2 || !first) return;
    if (nowMs - first.captureMs - wanted <= JUMP_FROM_MS) return;
    while (this.#packets[0] && nowMs - this.#packets[0].captureMs > wanted) {
      // The newest is kept, however late: it is the best there is.
      if (this.#packets.length === 1) break;
      this.#dropOldest();
    }
    // What follows is continuous from here; the seam is mixed, not concealed.
    const [next] = this.#packets;
    if (!next) return;
    this.#expectedFrame = next.frame;
    this.#endMs = next.captureMs;
    this.#errorMs = 0;
    this.#concealment.begin();
  }

  #dropOldest(): void {
    if (this.#packets.shift()) this.#late++;
  }

  #setSegment(samples: Float32Array): void {
    this.#segment = samples;
    this.#segmentAt = 0;
  }

  #steerTarget(): void {
    const jitter = this.#jitter.percentileMs;
    if (jitter === undefined) return;
    const wanted = jitter + MARGIN_MS;
    const target = Math.max(TARGET_MIN_MS, Math.min(TARGET_MAX_MS, wanted));
    // Up fast, since gaps are heard; down slowly, since trouble comes in groups.
    this.#targetMs += (target > this.#targetMs ? 0.2 : 0.01) * (target - this.#targetMs);
  }

  #wantedOffsetMs(): number {
    const own = this.#jitter.baseMs + this.#targetMs;
    return Math.min(Math.max(own, this.#minOffsetMs), own + TARGET_MAX_MS);
  }

  #offsetMs(nowMs: number): number | undefined {
    if (this.#endMs === undefined) return undefined;
    const leftMs = ((this.#segment.length - this.#segmentAt) / this.sampleRate) * 1000;
    return nowMs - (this.#endMs - leftMs);
  }

  #durationMs(samples: Float32Array): number {
    return (samples.length / this.sampleRate) * 1000;
  }
}
