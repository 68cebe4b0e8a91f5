import type { Frame } from './frame.js';
import { type Chunk, parseChunk, type ChunkError, type FrameDescription } from './wire.js';

/** Why a chunk does not fit what came before it. */
export type AssemblyError =
  | ChunkError
  | 'frame_too_large'
  | 'without_first'
  | 'wrong_frame'
  | 'gap_in_frame'
  | 'over_length'
  | 'short_frame'
  | 'too_many_streams';

interface Partial {
  readonly head: Chunk;
  readonly description: FrameDescription;
  readonly payload: Uint8Array;
  filled: number;
}

/** A frame, nothing yet (`undefined`), or what is wrong. */
export type AssemblyResult = Frame | undefined | AssemblyError;

/**
 * Puts frames together from chunks. The chunks of different tracks and encodings interleave; those
 * of one encoding do not.
 *
 * Bounds: a frame is at most `frameBytesMax` long, and at most `streamsMax` frames are unfinished
 * at a time, one for each encoding. After an error the frame concerned is forgotten and later
 * frames are unaffected.
 */
export class FrameAssembler {
  readonly #partials = new Map<number, Partial>();

  constructor(
    private readonly frameBytesMax: number,
    private readonly streamsMax: number = 1024,
  ) {}

  /** Takes one media message; returns the frame that it finishes, if it does. */
  push(message: Uint8Array): AssemblyResult {
    const chunk = parseChunk(message);
    if (typeof chunk === 'string') return chunk;
    const stream = chunk.handle * 16 + chunk.encoding;
    if (chunk.abandon) {
      this.#partials.delete(stream);
      return undefined;
    }
    return chunk.description
      ? this.#begin(stream, chunk, chunk.description)
      : this.#continue(stream, chunk);
  }

  /** Forgets what came of a track that ended. */
  forget(handle: number): void {
    for (let encoding = 0; encoding < 16; encoding++) this.#partials.delete(handle * 16 + encoding);
  }

  #begin(stream: number, chunk: Chunk, description: FrameDescription): AssemblyResult {
    this.#partials.delete(stream);
    if (description.frameLength > this.frameBytesMax) return 'frame_too_large';
    if (this.#partials.size >= this.streamsMax) return 'too_many_streams';
    const whole = chunk.payload.length === description.frameLength;
    // A frame in one chunk, as audio always is, needs no copy.
    const payload = whole ? chunk.payload : new Uint8Array(description.frameLength);
    if (!whole) payload.set(chunk.payload);
    return this.#advance(stream, chunk, {
      head: chunk,
      description,
      payload,
      filled: chunk.payload.length,
    });
  }

  #continue(stream: number, chunk: Chunk): AssemblyResult {
    const partial = this.#partials.get(stream);
    if (!partial) return 'without_first';
    this.#partials.delete(stream);
    if (chunk.frame !== partial.head.frame) return 'wrong_frame';
    if (chunk.offset !== partial.filled) return 'gap_in_frame';
    if (partial.filled + chunk.payload.length > partial.payload.length) return 'over_length';
    partial.payload.set(chunk.payload, partial.filled);
    partial.filled += chunk.payload.length;
    return this.#advance(stream, chunk, partial);
  }

  #advance(stream: number, chunk: Chunk, partial: Partial): AssemblyResult {
    const whole = partial.filled === partial.payload.length;
    if (chunk.last !== whole) return chunk.last ? 'short_frame' : 'over_length';
    if (!whole) {
      this.#partials.set(stream, partial);
      return undefined;
    }
    const { head, description, payload } = partial;
    return {
      handle: head.handle,
      encoding: head.encoding,
      temporalLayer: head.temporalLayer,
      number: head.frame,
      keyframe: head.keyframe,
      discardable: head.discardable,
      captureTimeUs: description.captureTimeUs,
      group: description.group,
      audioLevel: description.audioLevel,
      dependencies: description.dependencies,
      payload,
    };
  }
}
