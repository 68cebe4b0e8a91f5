/** Bits of a chunk's first byte (docs/protocol.md, section 5). */
const FIRST = 0x01;
const LAST = 0x02;
const ABANDON = 0x04;
const KEYFRAME = 0x08;
const DISCARDABLE = 0x10;
const RESERVED = 0xe0;

/** Every chunk begins with these bytes. */
export const CHUNK_HEADER_BYTES = 12;
/** With FIRST, so many more; two for each dependency follow. */
export const FRAME_DESCRIPTION_BYTES = 18;
export const DEPENDENCIES_MAX = 8;
/** `audioLevel` of video, or when it is not known. */
export const AUDIO_LEVEL_UNKNOWN = 255;

/** What the first chunk says of its frame. */
export interface FrameDescription {
  /** Payload bytes of the whole frame. */
  readonly frameLength: number;
  /** Microseconds on the publisher's clock. */
  readonly captureTimeUs: number;
  /** Number of the group of pictures; 0 for audio. */
  readonly group: number;
  /** 0 (loudest) to 127 (silence), minus dBov as in RFC 6464; {@link AUDIO_LEVEL_UNKNOWN}. */
  readonly audioLevel: number;
  /** Distances back to the frames that this one needs, 1 to 65535. */
  readonly dependencies: readonly number[];
}

/** One media message. */
export interface Chunk {
  readonly handle: number;
  readonly encoding: number;
  readonly temporalLayer: number;
  /** Number of the frame in its encoding; wraps at 2^32. */
  readonly frame: number;
  /** Where the payload belongs in the frame. */
  readonly offset: number;
  readonly last: boolean;
  readonly abandon: boolean;
  readonly keyframe: boolean;
  readonly discardable: boolean;
  /** There exactly on the first chunk of a frame. */
  readonly description?: FrameDescription;
  readonly payload: Uint8Array;
}

/** Why bytes are not a chunk. */
export type ChunkError =
  | 'too_short'
  | 'reserved_bits'
  | 'contradictory_flags'
  | 'bad_offset'
  | 'bad_length'
  | 'bad_audio_level'
  | 'bad_dependency';

/** Bytes that `chunk` takes on the wire. */
export function chunkLength(chunk: Chunk): number {
  const description = chunk.description
    ? FRAME_DESCRIPTION_BYTES + 2 * chunk.description.dependencies.length
    : 0;
  return CHUNK_HEADER_BYTES + description + chunk.payload.length;
}

/** Writes one media message. */
export function encodeChunk(chunk: Chunk): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunkLength(chunk));
  const view = new DataView(bytes.buffer);
  const { description } = chunk;
  const flags =
    (description ? FIRST : 0) |
    (chunk.last ? LAST : 0) |
    (chunk.abandon ? ABANDON : 0) |
    (chunk.keyframe ? KEYFRAME : 0) |
    (chunk.discardable ? DISCARDABLE : 0);
  view.setUint8(0, flags);
  view.setUint8(1, (chunk.encoding << 4) | chunk.temporalLayer);
  view.setUint16(2, chunk.handle);
  view.setUint32(4, chunk.frame);
  view.setUint32(8, chunk.offset);
  let at = CHUNK_HEADER_BYTES;
  if (description) {
    view.setUint32(12, description.frameLength);
    view.setBigUint64(16, BigInt(Math.round(description.captureTimeUs)));
    view.setUint32(24, description.group);
    view.setUint8(28, description.audioLevel);
    view.setUint8(29, description.dependencies.length);
    at += FRAME_DESCRIPTION_BYTES;
    for (const distance of description.dependencies) {
      view.setUint16(at, distance);
      at += 2;
    }
  }
  bytes.set(chunk.payload, at);
  return bytes;
}

/**
 * Reads one media message. The payload is a view of `bytes`, not a copy.
 *
 * Checks what can be seen in one chunk; that chunks fit together is checked by the
 * {@link FrameAssembler}.
 */
export function parseChunk(bytes: Uint8Array): Chunk | ChunkError {
  if (bytes.length < CHUNK_HEADER_BYTES) return 'too_short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(0);
  if (flags & RESERVED) return 'reserved_bits';
  const first = (flags & FIRST) !== 0;
  const abandon = (flags & ABANDON) !== 0;
  if (abandon && flags & (FIRST | LAST)) return 'contradictory_flags';
  const offset = view.getUint32(8);
  if (first && offset !== 0) return 'bad_offset';

  const description = first ? parseDescription(view) : undefined;
  if (typeof description === 'string') return description;
  const payloadAt =
    CHUNK_HEADER_BYTES +
    (description ? FRAME_DESCRIPTION_BYTES + 2 * description.dependencies.length : 0);
  const payload = bytes.subarray(payloadAt);
  if (abandon && payload.length > 0) return 'bad_length';
  if (description && payload.length > description.frameLength) return 'bad_length';
  const chunk: Chunk = {
    handle: view.getUint16(2),
    encoding: view.getUint8(1) >> 4,
    temporalLayer: view.getUint8(1) & 0x0f,
    frame: view.getUint32(4),
    offset,
    last: (flags & LAST) !== 0,
    abandon,
    keyframe: (flags & KEYFRAME) !== 0,
    discardable: (flags & DISCARDABLE) !== 0,
    payload,
  };
  return description ? { ...chunk, description } : chunk;
}

function parseDescription(view: DataView): FrameDescription | ChunkError {
  if (view.byteLength < CHUNK_HEADER_BYTES + FRAME_DESCRIPTION_BYTES) return 'too_short';
  const count = view.getUint8(29);
  if (count > DEPENDENCIES_MAX) return 'bad_dependency';
  const dependenciesAt = CHUNK_HEADER_BYTES + FRAME_DESCRIPTION_BYTES;
  if (view.byteLength < dependenciesAt + 2 * count) return 'too_short';
  const dependencies: number[] = [];
  for (let i = 0; i < count; i++) {
    const distance = view.getUint16(dependenciesAt + 2 * i);
    if (distance === 0) return 'bad_dependency';
    dependencies.push(distance);
  }
  const frameLength = view.getUint32(12);
  if (frameLength === 0) return 'bad_length';
  const audioLevel = view.getUint8(28);
  if (audioLevel > 127 && audioLevel !== AUDIO_LEVEL_UNKNOWN) return 'bad_audio_level';
  return {
    frameLength,
    captureTimeUs: Number(view.getBigUint64(16)),
    group: view.getUint32(24),
    audioLevel,
    dependencies,
  };
}
