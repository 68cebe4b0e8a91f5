import { type Frame, frameBefore } from './frame.js';
import { FrameChunker } from './frame_chunker.js';
import { InFlightCap } from './in_flight_cap.js';
import { DeliveryRate } from './delivery_rate.js';
import { UplinkThinning } from './uplink_thinning.js';
import { chunkLength, encodeChunk, type Chunk } from './wire.js';

/** Audio older than this when its turn comes is not worth sending any more. */
const AUDIO_BUDGET_MS = 200;
/** One second of 20 ms packets for each of a microphone and a screen's sound. */
const AUDIO_FRAMES_MAX = 100;
/** About two seconds of camera and screen at full rate. */
const VIDEO_FRAMES_MAX = 90;
/** What may wait inside the browser's socket, where nothing can be taken back. */
const SOCKET_BYTES_MAX = 8 * 1024;
/** Chunks are what 5 ms move while congested, else a small part of what may be in flight. */
const CHUNK_BYTES_MIN = 1200;
const CHUNK_BYTES_MAX = 16 * 1024;

/** What one {@link UplinkSender.poll} decided. */
export interface UplinkOutput {
  /** Media messages to write to the socket now, in this order. */
  readonly messages: Uint8Array<ArrayBuffer>[];
  /** Handles whose encoder must make a keyframe, since frames of the base layer were left out. */
  readonly keyframesNeeded: number[];
}

/** Counts of one track. */
export interface UplinkTrackCounts {
  sentFrames: number;
  sentBytes: number;
  thinnedFrames: number;
}

interface Output {
  readonly messages: Uint8Array<ArrayBuffer>[];
  bufferedBytes: number;
}

interface Queued {
  readonly chunker: FrameChunker;
  readonly queuedMs: number;
}

interface VideoTrack {
  readonly queue: Queued[];
  /** Frames of this group that went out whole or wait to; others may depend on them. */
  readonly usable: Set<number>;
  readonly thinning: UplinkThinning;
  /** Base frames were left out: nothing makes sense until a keyframe. */
  broken: boolean;
}

/**
 * Decides what goes to the socket and when: audio first, then video by capture time, in chunks; no
 * more in flight than {@link InFlightCap} allows; what would be late is left out before it costs
 * anything, together with what depends on it.
 *
 * Bounds: {@link AUDIO_FRAMES_MAX} and {@link VIDEO_FRAMES_MAX} frames. Overflow: the oldest audio
 * goes; video goes up to its next keyframe.
 */
export class UplinkSender {
  readonly #cap = new InFlightCap();
  readonly #rate = new DeliveryRate();
  readonly #audio: Queued[] = [];
  readonly #video = new Map<number, VideoTrack>();
  readonly #counts = new Map<number, UplinkTrackCounts>();
  readonly #keyframesNeeded = new Set<number>();
  readonly #abandons: Chunk[] = [];
  #congestedMs = Number.NEGATIVE_INFINITY;

  /** @param chunkBytesMax - the server's limit for one media message. */
  constructor(private readonly chunkBytesMax: number) {}

  enqueueAudio(frame: Frame, nowMs: number): void {
    this.#audio.push({ chunker: new FrameChunker(frame), queuedMs: nowMs });
    while (this.#audio.length > AUDIO_FRAMES_MAX) this.#giveUp(this.#audio.shift());
  }

  enqueueVideo(frame: Frame, nowMs: number): void {
    const track = this.#track(frame.handle);
    if (frame.keyframe) {
      // What waits of older groups is superseded, but for the frame that is half out.
      this.#clear(track, (queued) => queued.chunker.started);
      track.usable.clear();
      track.broken = false;
    } else if (!this.#worthSending(track, frame)) {
      this.counts(frame.handle).thinnedFrames++;
      // The base is only ever left out while `broken`, and a keyframe was asked for then.
      return;
    }
    track.usable.add(frame.number);
    track.queue.push({ chunker: new FrameChunker(frame), queuedMs: nowMs });
    if (track.queue.length > VIDEO_FRAMES_MAX) this.#breakChain(frame.handle, track);
  }

  /** A track ended: what waits of it is worthless. */
  removeTrack(handle: number): void {
    this.#video.delete(handle);
    this.#keyframesNeeded.delete(handle);
    this.#counts.delete(handle);
    for (let i = this.#audio.length - 1; i >= 0; i--) {
      if (this.#audio[i]?.chunker.frame.handle === handle) this.#audio.splice(i, 1);
    }
  }

  onReport(receivedBytes: number, nowMs: number): void {
    this.#cap.onReport(receivedBytes, nowMs);
    this.#rate.push(receivedBytes, nowMs);
  }

  /**
   * What to write now. Call it after each enqueue and report, and every 10 ms while
   * {@link waiting}.
   *
   * @param bufferedBytes - the socket's `bufferedAmount`.
   */
  poll(nowMs: number, bufferedBytes: number): UplinkOutput {
    const out: Output = { messages: [], bufferedBytes };
    for (const chunk of this.#abandons.splice(0)) this.#write(chunk, out, nowMs);
    this.#sendAudio(out, nowMs);
    this.#thin(nowMs);
    for (const chunk of this.#abandons.splice(0)) this.#write(chunk, out, nowMs);
    this.#sendVideo(out, nowMs);
    return { messages: out.messages, keyframesNeeded: this.#takeKeyframesNeeded() };
  }

  /** True while frames wait: poll again soon. */
  get waiting(): boolean {
    return this.#audio.length > 0 || [...this.#video.values()].some((t) => t.queue.length > 0);
  }

  /** How long the oldest unsent video frame has waited, in ms. */
  queueMs(nowMs: number): number {
    let oldest = nowMs;
    for (const { queue } of this.#video.values()) {
      oldest = Math.min(oldest, queue[0]?.queuedMs ?? nowMs);
    }
    return nowMs - oldest;
  }

  /** True when frames had to be left out or had to wait long within the last second. */
  congested(nowMs: number): boolean {
    return nowMs - this.#congestedMs < 1000;
  }

  deliveredBps(nowMs: number): number {
    return this.#rate.bitsPerSecond(nowMs);
  }

  get inFlightBytes(): number {
    return this.#cap.inFlightBytes;
  }

  counts(handle: number): UplinkTrackCounts {
    let counts = this.#counts.get(handle);
    if (!counts) {
      counts = { sentFrames: 0, sentBytes: 0, thinnedFrames: 0 };
      this.#counts.set(handle, counts);
    }
    return counts;
  }

  #track(handle: number): VideoTrack {
    let track = this.#video.get(handle);
    if (!track) {
      track = { queue: [], usable: new Set(), thinning: new UplinkThinning(), broken: true };
      this.#video.set(handle, track);
    }
    return track;
  }

  #worthSending(track: VideoTrack, frame: Frame): boolean {
    if (track.broken) return false;
    if (frame.temporalLayer >= 2 && track.thinning.level >= 1) return false;
    if (frame.temporalLayer >= 1 && track.thinning.level >= 2) return false;
    return frame.dependencies.every((d) => track.usable.has(frameBefore(frame.number, d)));
  }

  #write(chunk: Chunk, out: Output, nowMs: number): void {
    const bytes = chunkLength(chunk);
    this.#cap.onSent(bytes, nowMs);
    out.bufferedBytes += bytes;
    out.messages.push(encodeChunk(chunk));
    const counts = this.counts(chunk.handle);
    counts.sentBytes += bytes;
    if (chunk.last) counts.sentFrames++;
  }

  #sendAudio(out: Output, nowMs: number): void {
    for (;;) {
      const next = this.#audio[0];
      if (!next) return;
      if (nowMs - next.queuedMs > AUDIO_BUDGET_MS) {
        this.#giveUp(this.#audio.shift());
        continue;
      }
      const bytes = next.chunker.remainingBytes + 64;
      if (out.bufferedBytes >= 2 * SOCKET_BYTES_MAX || !this.#cap.allows(bytes, true)) return;
      // Audio frames are far below the limit of a message: one chunk each.
      this.#write(next.chunker.next(this.chunkBytesMax), out, nowMs);
      if (next.chunker.done) this.#audio.shift();
    }
  }

  #sendVideo(out: Output, nowMs: number): void {
    for (;;) {
      const track = this.#nextVideo();
      const chunker = track?.queue[0]?.chunker;
      if (!track || !chunker) return;
      const bytes = Math.min(this.#chunkBytes(nowMs), this.chunkBytesMax);
      if (out.bufferedBytes >= SOCKET_BYTES_MAX) return;
      if (!this.#cap.allows(Math.min(bytes, chunker.remainingBytes), false)) return;
      this.#write(chunker.next(bytes), out, nowMs);
      if (!chunker.done) continue;
      track.queue.shift();
      if (chunker.frame.keyframe) track.thinning.keyframeSent();
    }
  }

  /** A keyframe is asked for when it can go out at once: made earlier it would be old by then. */
  #takeKeyframesNeeded(): number[] {
    if (2 * this.#cap.inFlightBytes > this.#cap.capBytes) return [];
    const handles = [...this.#keyframesNeeded];
    this.#keyframesNeeded.clear();
    return handles;
  }

  /** Leaves out what waited too long, before it is sent in vain. */
  #thin(nowMs: number): void {
    for (const [handle, track] of this.#video) {
      const oldest = track.queue[0];
      const waitedMs = oldest ? nowMs - oldest.queuedMs : 0;
      const level = track.thinning.update(waitedMs, nowMs);
      if (level > 0) this.#congestedMs = nowMs;
      if (level === 0) continue;
      if (level === 3 && oldest && !oldest.chunker.frame.keyframe) {
        this.#breakChain(handle, track);
      } else {
        const keepBelow = level === 1 ? 2 : 1;
        this.#clear(
          track,
          ({ chunker }) => chunker.started || chunker.frame.temporalLayer < keepBelow,
        );
      }
    }
  }

  /** Gives up everything queued of a track up to its next keyframe, and asks for that. */
  #breakChain(handle: number, track: VideoTrack): void {
    const first = track.queue[0]?.chunker;
    if (first?.started) this.#abandons.push(first.abandon());
    this.#clear(track, () => false);
    track.usable.clear();
    track.broken = true;
    this.#keyframesNeeded.add(handle);
  }

  #clear(track: VideoTrack, keep: (queued: Queued) => boolean): void {
    const kept = track.queue.filter(keep);
    for (const queued of track.queue) {
      if (kept.includes(queued)) continue;
      track.usable.delete(queued.chunker.frame.number);
      this.#giveUp(queued);
    }
    track.queue.splice(0, track.queue.length, ...kept);
  }

  #giveUp(queued: Queued | undefined): void {
    if (queued) this.counts(queued.chunker.frame.handle).thinnedFrames++;
  }

  /** The track whose next frame was captured first: tracks share the link by age. */
  #nextVideo(): VideoTrack | undefined {
    let best: VideoTrack | undefined;
    let bestTime = Number.POSITIVE_INFINITY;
    for (const track of this.#video.values()) {
      const time = track.queue[0]?.chunker.frame.captureTimeUs;
      if (time !== undefined && time < bestTime) {
        bestTime = time;
        best = track;
      }
    }
    return best;
  }

  #chunkBytes(nowMs: number): number {
    const in5ms = (this.deliveredBps(nowMs) / 8) * 0.005;
    const wanted = this.congested(nowMs) ? in5ms : this.#cap.capBytes / 4;
    return Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, Math.round(wanted)));
  }
}
