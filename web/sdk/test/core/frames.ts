import type { Frame } from '../../src/core/frame.js';

/** A frame for tests; what is not given is that of a video delta frame of layer 0. */
export function frame(given: Partial<Frame> = {}): Frame {
  return {
    handle: 4,
    encoding: 0,
    temporalLayer: 0,
    number: 0,
    keyframe: false,
    discardable: false,
    captureTimeUs: 0,
    group: 1,
    audioLevel: 255,
    dependencies: given.keyframe ? [] : [1],
    payload: new Uint8Array(100),
    ...given,
  };
}

/** Frame `index` of an L1T3 stream at 30 frames a second with a keyframe every `group` frames. */
export function l1t3(index: number, group: number, bytes = 1000): Frame {
  const inGroup = index % group;
  const keyframe = inGroup === 0;
  const temporalLayer = [0, 2, 1, 2][inGroup % 4] as number;
  const distance = temporalLayer === 0 ? 4 : temporalLayer === 1 ? 2 : 1;
  return frame({
    number: index,
    keyframe,
    temporalLayer,
    discardable: temporalLayer === 2,
    dependencies: keyframe ? [] : [distance],
    captureTimeUs: Math.round((index * 1e6) / 30),
    group: Math.floor(index / group) + 1,
    payload: new Uint8Array(keyframe ? 8 * bytes : bytes),
  });
}

/** Random numbers from a seed (mulberry32), so that a failure can be repeated. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
