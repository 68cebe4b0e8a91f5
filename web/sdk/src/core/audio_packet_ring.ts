import type { AudioPacket } from './audio_jitter_buffer.js';

/** One packet of at most 60 ms at 48 kHz. */
const SAMPLES_MAX = 2880;
const SLOTS = 32;
const HEADER_BYTES = 24;
const SLOT_BYTES = HEADER_BYTES + 4 * SAMPLES_MAX;
const INDEX_BYTES = 8;

/**
 * Hands decoded packets from the codec worker to the sound card's thread through shared memory:
 * single producer, single consumer, no lock and no garbage on the audio thread.
 *
 * Bound: 32 packets (640 ms). Overflow: {@link write} refuses, since only the reader may free slots.
 * Memory order: the writer fills a slot, then publishes it by an atomic store of the write index;
 * the reader copies it, then frees it by an atomic store of the read index.
 */
export class AudioPacketRing {
  readonly #indexes: Int32Array;
  readonly #view: DataView;

  /** @param buffer - {@link AudioPacketRing.allocate}'s, in both threads. */
  constructor(private readonly buffer: SharedArrayBuffer | ArrayBuffer) {
    this.#indexes = new Int32Array(buffer, 0, 2);
    this.#view = new DataView(buffer);
  }

  static readonly byteLength = INDEX_BYTES + SLOTS * SLOT_BYTES;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(AudioPacketRing.byteLength);
  }

  /** False when the ring is full or the packet too long: it is lost. */
  write(packet: AudioPacket): boolean {
    const write = Atomics.load(this.#indexes, 0);
    const used = (write - Atomics.load(this.#indexes, 1)) | 0;
    if (used >= SLOTS || packet.samples.length > SAMPLES_MAX) return false;
    const at = this.#slot(write);
    this.#view.setUint32(at, packet.frame);
    this.#view.setUint32(at + 4, packet.samples.length);
    this.#view.setFloat64(at + 8, packet.captureMs);
    new Float32Array(this.buffer, at + HEADER_BYTES, packet.samples.length).set(packet.samples);
    Atomics.store(this.#indexes, 0, (write + 1) | 0);
    return true;
  }

  /** The oldest packet, copied; undefined when the ring is empty. */
  read(): AudioPacket | undefined {
    const read = Atomics.load(this.#indexes, 1);
    if (read === Atomics.load(this.#indexes, 0)) return undefined;
    const at = this.#slot(read);
    const length = this.#view.getUint32(at + 4);
    const packet: AudioPacket = {
      frame: this.#view.getUint32(at),
      captureMs: this.#view.getFloat64(at + 8),
      samples: new Float32Array(this.buffer, at + HEADER_BYTES, length).slice(),
    };
    Atomics.store(this.#indexes, 1, (read + 1) | 0);
    return packet;
  }

  #slot(index: number): number {
    // Indexes run on and wrap at 2^32, of which 32 is a divisor.
    return INDEX_BYTES + (index & (SLOTS - 1)) * SLOT_BYTES;
  }
}
