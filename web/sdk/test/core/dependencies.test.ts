import { describe, expect, it } from 'vitest';
import { DecodeQueuePolicy } from '../../src/core/decode_queue_policy.js';
import { DependencyTracker } from '../../src/core/dependency_tracker.js';
import { KeyframeRequests } from '../../src/core/keyframe_requests.js';
import { TemporalDependencies } from '../../src/core/temporal_dependencies.js';
import { frame, l1t3, random } from './frames.js';

describe('TemporalDependencies', () => {
  it('names what L1T3 depends on', () => {
    const numbering = new TemporalDependencies(3);
    const layers = [0, 2, 1, 2, 0, 2, 1, 2, 0];
    const found = layers.map((layer, index) => numbering.next(index === 0, layer));
    expect(found.map(({ dependencies }) => dependencies)).toEqual([
      [], [1], [2], [1], [4], [1], [2], [1], [4],
    ]);
    expect(found.map(({ discardable }) => discardable)).toEqual(layers.map((layer) => layer === 2));
    expect(found.every(({ group }) => group === 1)).toBe(true);
  });

  it('begins anew at a keyframe in the middle of the pattern', () => {
    const numbering = new TemporalDependencies(3);
    for (const layer of [0, 2, 1]) numbering.next(layer === 0, layer);
    expect(numbering.next(true, 0)).toMatchObject({ number: 3, group: 2, dependencies: [] });
    expect(numbering.next(false, 2)).toMatchObject({ dependencies: [1] });
    expect(numbering.next(false, 1)).toMatchObject({ dependencies: [2] });
  });

  it('makes a chain of frames whose layer is not told', () => {
    const numbering = new TemporalDependencies(1);
    numbering.next(true, undefined);
    for (let i = 0; i < 5; i++) {
      const next = numbering.next(false, undefined);
      expect(next).toMatchObject({ temporalLayer: 0, discardable: false, dependencies: [1] });
    }
  });
});

describe('DependencyTracker', () => {
  it('never lets a frame through whose dependencies were not', () => {
    const next = random(42);
    for (let round = 0; round < 100; round++) {
      const tracker = new DependencyTracker();
      const decoded = new Set<number>();
      for (let index = 0; index < 300; index++) {
        const each = l1t3(index, 60);
        if (next() < 0.1) continue;
        if (tracker.decide(each, next() > 0.1) !== 'decode') continue;
        for (const distance of each.dependencies) expect(decoded).toContain(index - distance);
        decoded.add(index);
      }
    }
  });

  it('is stuck without a base frame, and not without an upper one', () => {
    const tracker = new DependencyTracker();
    tracker.decide(l1t3(0, 60), true);
    expect(tracker.decide(l1t3(3, 60), true)).toBe('undecodable');
    expect(tracker.stuck).toBe(false);
    expect(tracker.decide(l1t3(4, 60), true)).toBe('decode');
    expect(tracker.decide(l1t3(12, 60), true)).toBe('undecodable');
    expect(tracker.stuck).toBe(true);
    expect(tracker.decide(l1t3(60, 60), true)).toBe('decode');
    expect(tracker.stuck).toBe(false);
  });

  it('tells what was left out on purpose, and what needs that, from what never came', () => {
    const tracker = new DependencyTracker();
    tracker.decide(l1t3(0, 60), true);
    expect(tracker.decide(l1t3(2, 60), false)).toBe('leave_out');
    expect(tracker.decide(l1t3(3, 60), true)).toBe('leave_out');
    expect(tracker.decide(l1t3(4, 60), true)).toBe('decode');
    expect(tracker.decide(l1t3(7, 60), true)).toBe('undecodable');
  });

  it('goes on where frame numbers wrap', () => {
    const tracker = new DependencyTracker();
    tracker.decide(frame({ keyframe: true, number: 0xffffffff }), true);
    expect(tracker.decide(frame({ number: 0, dependencies: [1] }), true)).toBe('decode');
  });

  it('does not mix encodings', () => {
    const tracker = new DependencyTracker();
    tracker.decide(frame({ keyframe: true, number: 5, encoding: 0 }), true);
    expect(tracker.decide(frame({ number: 6, encoding: 1 }), true)).toBe('undecodable');
  });
});

describe('DecodeQueuePolicy', () => {
  it('leaves out upper layers over four and all but keyframes over fifteen', () => {
    const policy = new DecodeQueuePolicy();
    expect(policy.wants(l1t3(1, 60), 4)).toBe(true);
    expect(policy.wants(l1t3(1, 60), 5)).toBe(false);
    expect(policy.wants(l1t3(4, 60), 15)).toBe(true);
    expect(policy.wants(l1t3(8, 60), 16)).toBe(false);
    expect(policy.wants(l1t3(12, 60), 0)).toBe(false);
    expect(policy.wants(l1t3(60, 60), 0)).toBe(true);
    expect(policy.wants(l1t3(61, 60), 0)).toBe(true);
  });
});

describe('KeyframeRequests', () => {
  it('asks at once, then at growing intervals, and starts over after a keyframe', () => {
    const requests = new KeyframeRequests(500);
    const asked = [];
    for (let now = 0; now < 8000; now += 100) if (requests.needed(now)) asked.push(now);
    expect(asked).toEqual([0, 500, 1500, 3500, 7500]);
    requests.satisfied();
    expect(requests.needed(12_000)).toBe(true);
    expect(requests.needed(12_400)).toBe(false);
    expect(requests.needed(12_500)).toBe(true);
  });
});
