import type { Frame } from './frame.js';
import { type Chunk, CHUNK_HEADER_BYTES, FRAME_DESCRIPTION_BYTES } from './wire.js';

/**
 * Cuts one frame into chunks, so that audio waits behind at most one chunk of a keyframe.
 *
 * Each chunk is cut when it is asked for: the size follows what the link is like at that moment.
 */
export class FrameChunker {
  #offset = 0;

  constructor(readonly frame: Frame) {}

  /** True once the first chunk was taken: from then on giving the frame up takes an ABANDON. */
  get started(): boolean {
    return this.#offset > 0;
  }

  get done(): boolean {
    return this.#offset === this.frame.payload.length;
  }

  /** Payload bytes not taken yet. */
  get remainingBytes(): number {
    return this.frame.payload.length - this.#offset;
  }

  /** The next chunk, of at most `messageBytes` on the wire; never call it when {@link done}. */
  next(messageBytes: number): Chunk {
    const { frame } = this;
    const first = this.#offset === 0;
    const headerBytes =
      CHUNK_HEADER_BYTES +
      (first ? FRAME_DESCRIPTION_BYTES + 2 * frame.dependencies.length : 0);
    const payloadBytes = Math.max(1, messageBytes - headerBytes);
    const payload = frame.payload.subarray(this.#offset, this.#offset + payloadBytes);
    const chunk: Chunk = {
      ...this.#head(),
      last: this.#offset + payload.length === frame.payload.length,
      abandon: false,
      payload,
    };
    this.#offset += payload.length;
    if (!first) return chunk;
    return {
      ...chunk,
      description: {
        frameLength: frame.payload.length,
        captureTimeUs: frame.captureTimeUs,
        group: frame.group,
        audioLevel: frame.audioLevel,
        dependencies: frame.dependencies,
      },
    };
  }

  /** The chunk that tells the receiver to throw away what it got of this frame. */
  abandon(): Chunk {
    return { ...this.#head(), last: false, abandon: true, payload: new Uint8Array() };
  }

  #head() {
    const { handle, encoding, temporalLayer, number, keyframe, discardable } = this.frame;
    const offset = this.#offset;
    return { handle, encoding, temporalLayer, frame: number, keyframe, discardable, offset };
  }
}
