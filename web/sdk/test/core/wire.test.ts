import { describe, expect, it } from 'vitest';
import { FrameAssembler } from '../../src/core/frame_assembler.js';
import { FrameChunker } from '../../src/core/frame_chunker.js';
import { encodeChunk, parseChunk } from '../../src/core/wire.js';
import { frame, l1t3, random } from './frames.js';

function message(changes: (bytes: Uint8Array) => void): Uint8Array {
  const chunk = new FrameChunker(frame({ keyframe: true, payload: new Uint8Array(10) })).next(1200);
  const bytes = encodeChunk(chunk);
  changes(bytes);
  return bytes;
}

describe('parseChunk', () => {
  it('refuses every message that is cut short of its header', () => {
    const whole = message(() => undefined);
    for (let length = 0; length < 30; length++) {
      expect(parseChunk(whole.subarray(0, length))).toBe('too_short');
    }
  });

  it('refuses what the protocol forbids', () => {
    expect(parseChunk(message((bytes) => (bytes[0]! |= 0x20)))).toBe('reserved_bits');
    expect(parseChunk(message((bytes) => (bytes[0]! |= 0x04)))).toBe('contradictory_flags');
    expect(parseChunk(message((bytes) => (bytes[11] = 1)))).toBe('bad_offset');
    expect(parseChunk(message((bytes) => (bytes[15] = 0)))).toBe('bad_length');
    expect(parseChunk(message((bytes) => (bytes[15] = 9)))).toBe('bad_length');
    expect(parseChunk(message((bytes) => (bytes[28] = 128)))).toBe('bad_audio_level');
    expect(parseChunk(message((bytes) => (bytes[29] = 9)))).toBe('bad_dependency');
    expect(parseChunk(message((bytes) => (bytes[29] = 1)))).toBe('bad_dependency');
  });

  it('never throws, whatever the bytes', () => {
    const next = random(1);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 60) }, () => next() * 256);
      expect(() => parseChunk(bytes)).not.toThrow();
    }
  });
});

describe('FrameAssembler', () => {
  it('puts together what the chunker cut, whatever the sizes and however tracks interleave', () => {
    const next = random(7);
    const assembler = new FrameAssembler(1 << 20);
    for (let round = 0; round < 50; round++) {
      const frames = [4, 5, 6].map((handle) => {
        const payload = Uint8Array.from({ length: 1 + Math.floor(next() * 5000) }, () => next() * 256);
        return { ...l1t3(round, 8), handle, payload };
      });
      const chunkers = frames.map((each) => new FrameChunker(each));
      const done: unknown[] = [];
      while (chunkers.some((chunker) => !chunker.done)) {
        const chunker = chunkers[Math.floor(next() * 3)]!;
        if (chunker.done) continue;
        const result = assembler.push(encodeChunk(chunker.next(40 + Math.floor(next() * 1500))));
        expect(result).not.toBeTypeOf('string');
        if (result) done.push(result);
      }
      expect(done).toHaveLength(3);
      expect(done).toEqual(expect.arrayContaining(frames));
    }
  });

  it('forgets an abandoned frame and goes on with the next', () => {
    const assembler = new FrameAssembler(1 << 20);
    const chunker = new FrameChunker(frame({ keyframe: true, payload: new Uint8Array(3000) }));
    expect(assembler.push(encodeChunk(chunker.next(1200)))).toBeUndefined();
    expect(assembler.push(encodeChunk(chunker.abandon()))).toBeUndefined();
    const whole = new FrameChunker(frame({ keyframe: true, number: 1 })).next(1200);
    expect(assembler.push(encodeChunk(whole))).toMatchObject({ number: 1 });
  });

  it('refuses chunks that do not fit', () => {
    const assembler = new FrameAssembler(4000);
    const cut = (size: number) => new FrameChunker(frame({ payload: new Uint8Array(size) }));
    expect(assembler.push(encodeChunk(cut(5000).next(1200)))).toBe('frame_too_large');
    const chunker = cut(3000);
    chunker.next(1200);
    const second = chunker.next(1200);
    expect(assembler.push(encodeChunk(second))).toBe('without_first');
    expect(assembler.push(encodeChunk(cut(3000).next(1000)))).toBeUndefined();
    expect(assembler.push(encodeChunk(second))).toBe('gap_in_frame');
  });
});
