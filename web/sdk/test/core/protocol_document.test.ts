// The examples of docs/protocol.md, read from the page itself, so that it cannot drift from the SDK.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseServerMessage } from '../../src/core/control_messages.js';
import { FrameAssembler } from '../../src/core/frame_assembler.js';
import { type Chunk, encodeChunk, parseChunk } from '../../src/core/wire.js';

const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');

function examples(kind: string): string[] {
  const fence = new RegExp('```' + kind + '\\n([\\s\\S]*?)```', 'g');
  return [...page.matchAll(fence)].map((match) => match[1] as string);
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(/\s+/), (byte) => parseInt(byte, 16));
}

const chunks = examples('hex chunk').map(bytes);

describe('the protocol page', () => {
  it('has examples', () => {
    expect(chunks.length).toBe(4);
    expect(examples('json server').length).toBeGreaterThan(10);
  });

  it.each(chunks.map((chunk, index) => [index, chunk]))('chunk %i reads and writes the same bytes', (_, message) => {
    const chunk = parseChunk(message as Uint8Array);
    expect(chunk).toBeTypeOf('object');
    expect(encodeChunk(chunk as Chunk)).toEqual(message);
  });

  it('says what the Opus example holds', () => {
    expect(parseChunk(chunks[0] as Uint8Array)).toEqual({
      handle: 7,
      encoding: 0,
      temporalLayer: 0,
      frame: 1,
      offset: 0,
      last: true,
      abandon: false,
      keyframe: false,
      discardable: false,
      description: {
        frameLength: 3,
        captureTimeUs: 20_000,
        group: 0,
        audioLevel: 30,
        dependencies: [],
      },
      payload: Uint8Array.of(0xf8, 0xff, 0xfe),
    });
  });

  it('puts the VP8 frame of two chunks together', () => {
    const assembler = new FrameAssembler(2 << 20);
    expect(assembler.push(chunks[1] as Uint8Array)).toBeUndefined();
    expect(assembler.push(chunks[2] as Uint8Array)).toMatchObject({
      handle: 4,
      number: 1,
      temporalLayer: 2,
      discardable: true,
      dependencies: [1],
      captureTimeUs: 33_333,
      payload: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd, 0xee),
    });
  });

  it.each(examples('json server'))('server message %s is understood', (text) => {
    expect(parseServerMessage(text)).toMatchObject({ ok: true });
  });
});
