import type { Frame } from './frame.js';
import { FrameChunker } from './frame_chunker.js';
import { LinkController } from './link_controller.js';
import { UplinkCounts, type UplinkTrackCounts } from './uplink_counts.js';
import { UplinkStream } from './uplink_stream.js';
import { chunkLength, encodeChunk, type Chunk } from './wire.js';

/** Audio older than this when its turn comes is not worth sending any more. */
const AUDIO_BUDGET_MS = 200;
/** One second of 20 ms packets for each of a microphone and a screen's sound. */
const AUDIO_FRAMES_MAX = 100;
/** While frames of an encoding wait so long, further pictures are better not encoded at all. */
const ENCODE_BELOW_MS = 150;

/** One encoding of one track. */
export interface EncodingName {
  readonly handle: number;
  readonly encoding: number;
}

/** What one {@link UplinkSender.poll} decided. */
export interface UplinkOutput {
  /** Media messages to write to the socket now, in this order. */
  readonly messages: Uint8Array<ArrayBuffer>[];
  /** What must begin anew with a keyframe, since frames of the base layer were left out. */
  readonly keyframesNeeded: EncodingName[];
}

interface Output {
  readonly messages: Uint8Array<ArrayBuffer>[];
  bufferedBytes: number;
}

interface QueuedAudio {
  readonly chunker: FrameChunker;
  readonly queuedMs: number;
}

/**
 * Decides what goes to the socket and when: audio first, then the smallest encodings, then larger
 * ones, in chunks; no more under way than {@link LinkController} allows; what would be late is left
 * out before it costs anything, together with what depends on it.
 *
 * Bound: 100 frames of audio; overflow: the oldest goes. Video: {@link UplinkStream}.
 */
export class UplinkSender {
  readonly #link = new LinkController();
  readonly #audio: QueuedAudio[] = [];
  readonly #streams = new Map<number, UplinkStream>();

  /**
   * @param chunkBytesMax - the server's limit for one media message.
   * @param trackCounts - shared with the participant's other connection, if there is one.
   */
  constructor(
    private readonly chunkBytesMax: number,
    private readonly trackCounts: UplinkCounts = new UplinkCounts(),
  ) {}

  get link(): LinkController {
    return this.#link;
  }

  enqueueAudio(frame: Frame, nowMs: number): void {
    this.#audio.push({ chunker: new FrameChunker(frame), queuedMs: nowMs });
    while (this.#audio.length > AUDIO_FRAMES_MAX) this.#giveUpOldestAudio();
  }

  /** Gives back the sound that waits and is whole: this connection ends, another one goes on. */
  takeAudio(): Frame[] {
    const whole = this.#audio.filter(({ chunker }) => !chunker.started);
    this.#audio.length = 0;
    return whole.map(({ chunker }) => chunker.frame);
  }

  enqueueVideo(frame: Frame, nowMs: number): void {
    this.#stream(frame).enqueue(frame, nowMs);
  }

  /** A track ended: what waits of it is worthless. */
  removeTrack(handle: number): void {
    for (const [key, stream] of [...this.#streams]) {
      if (stream.handle === handle) this.#streams.delete(key);
    }
    this.trackCounts.forget(handle);
    for (let i = this.#audio.length - 1; i >= 0; i--) {
      if (this.#audio[i]?.chunker.frame.handle === handle) this.#audio.splice(i, 1);
    }
  }

  /** An encoding is not made for now: what waits of it is worthless. */
  stopEncoding(name: EncodingName): void {
    this.#streams.get(streamKey(name))?.clear();
  }

  onReport(receivedBytes: number, nowMs: number): void {
    this.#link.reported(receivedBytes, nowMs);
  }

  /**
   * What to write now. Call it after each enqueue and report, and every 10 ms while
   * {@link waiting}.
   *
   * @param bufferedBytes - the socket's `bufferedAmount`.
   */
  poll(nowMs: number, bufferedBytes: number): UplinkOutput {
    const out: Output = { messages: [], bufferedBytes };
    for (const stream of this.#streams.values()) {
      stream.thin(nowMs);
      for (const chunk of stream.takeAbandons()) this.#write(chunk, out, nowMs);
    }
    this.#sendAudio(out, nowMs);
    this.#sendVideo(out, nowMs);
    if (!this.waiting) this.#link.drained(nowMs);
    return { messages: out.messages, keyframesNeeded: this.#keyframesNeeded(nowMs) };
  }

  /** True while something waits: poll again soon. */
  get waiting(): boolean {
    if (this.#audio.length > 0) return true;
    for (const stream of this.#streams.values()) {
      if (stream.head || stream.hasAbandons || stream.keyframeNeeded) return true;
    }
    return false;
  }

  /** How long the oldest unsent video frame has waited, in ms. */
  queueMs(nowMs: number): number {
    let longest = 0;
    for (const stream of this.#streams.values()) {
      longest = Math.max(longest, stream.waitedMs(nowMs));
    }
    return longest;
  }

  /** False while a further picture of this encoding would only wait or be thrown away. */
  wantsPictures(name: EncodingName, nowMs: number): boolean {
    const stream = this.#streams.get(streamKey(name));
    if (!stream) return true;
    return !stream.keyframeNeeded && stream.waitedMs(nowMs) <= ENCODE_BELOW_MS;
  }

  /** Video frames left out so far, of all that is published now. */
  get leftOut(): number {
    let sum = 0;
    for (const stream of this.#streams.values()) sum += stream.leftOut;
    return sum;
  }

  counts(handle: number): UplinkTrackCounts {
    const counts = this.trackCounts.of(handle);
    let thinnedFrames = counts.thinnedFrames;
    for (const stream of this.#streams.values()) {
      if (stream.handle === handle) thinnedFrames += stream.leftOut;
    }
    return { ...counts, thinnedFrames };
  }

  #stream(name: EncodingName): UplinkStream {
    const key = streamKey(name);
    let stream = this.#streams.get(key);
    if (!stream) {
      stream = new UplinkStream(name.handle, name.encoding);
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #write(chunk: Chunk, out: Output, nowMs: number): void {
    const bytes = chunkLength(chunk);
    this.#link.sent(bytes, nowMs);
    out.bufferedBytes += bytes;
    out.messages.push(encodeChunk(chunk));
    const counts = this.trackCounts.of(chunk.handle);
    counts.sentBytes += bytes;
    if (chunk.last) counts.sentFrames++;
  }

  #sendAudio(out: Output, nowMs: number): void {
    for (;;) {
      const [next] = this.#audio;
      if (!next) return;
      if (nowMs - next.queuedMs > AUDIO_BUDGET_MS) {
        this.#giveUpOldestAudio();
        continue;
      }
      if (!this.#link.maySendAudio(out.bufferedBytes, nowMs)) return;
      // Audio frames are far below the limit of a message: one chunk each.
      this.#write(next.chunker.next(this.chunkBytesMax), out, nowMs);
      if (next.chunker.done) this.#audio.shift();
    }
  }

  #sendVideo(out: Output, nowMs: number): void {
    for (;;) {
      const stream = this.#nextStream();
      const head = stream?.head;
      if (!stream || !head || !this.#link.maySendVideo(out.bufferedBytes, nowMs)) return;
      this.#write(head.next(Math.min(this.#link.chunkBytes(), this.chunkBytesMax)), out, nowMs);
      if (head.done) stream.sent();
    }
  }

  /** A keyframe is asked for when it can go out at once: made earlier it would be old by then. */
  #keyframesNeeded(nowMs: number): EncodingName[] {
    if (!this.#link.roomy(nowMs)) return [];
    return [...this.#streams.values()].filter((stream) => stream.takeKeyframeRequest());
  }

  #giveUpOldestAudio(): void {
    const given = this.#audio.shift();
    if (given) this.trackCounts.of(given.chunker.frame.handle).thinnedFrames++;
  }

  /** Small encodings first, since everybody may fall back to them; among equals by age. */
  #nextStream(): UplinkStream | undefined {
    let best: UplinkStream | undefined;
    for (const stream of this.#streams.values()) {
      if (stream.head && (!best || goesBefore(stream, best))) best = stream;
    }
    return best;
  }
}

function goesBefore(a: UplinkStream, b: UplinkStream): boolean {
  if (a.encoding !== b.encoding) return a.encoding < b.encoding;
  const captured = ({ head }: UplinkStream): number => head?.frame.captureTimeUs ?? 0;
  return captured(a) < captured(b);
}

function streamKey({ handle, encoding }: EncodingName): number {
  return handle * 16 + encoding;
}
