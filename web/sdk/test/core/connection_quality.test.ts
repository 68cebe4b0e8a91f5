import { describe, expect, it } from 'vitest';
import type { RemoteTrackStats } from '../../src/api/types.js';
import { QualityMeter } from '../../src/core/connection_quality.js';

function stats(given: Partial<RemoteTrackStats>): RemoteTrackStats {
  return {
    track: 'TR_1',
    participant: 'PA_1',
    kind: 'video',
    source: 'camera',
    bytes: 0,
    bitrateBps: 0,
    framesReceived: 0,
    framesDecoded: 0,
    framesShown: 0,
    framesLate: 0,
    framesUndecodable: 0,
    fps: 0,
    ageMs: 0,
    frozenSeconds: 0,
    playoutDelayMs: 0,
    concealedShare: 0,
    playedSeconds: 0,
    keyframesRequested: 0,
    width: 0,
    height: 0,
    ...given,
  };
}

describe('QualityMeter', () => {
  it('knows nothing at first, and nothing of who sends nothing', () => {
    const meter = new QualityMeter();
    expect(meter.update([stats({ framesReceived: 30 })])).toBe('unknown');
    expect(meter.update([])).toBe('unknown');
  });

  it('is good while everything comes, weak while pictures stand, lost when nothing comes', () => {
    const meter = new QualityMeter();
    const judged = [];
    for (let second = 0; second < 20; second++) {
      const framesReceived = second < 12 ? second * 30 : 360;
      const frozenSeconds = Math.max(0, Math.min(3, second - 5));
      judged.push(meter.update([stats({ framesReceived, frozenSeconds })]));
    }
    expect(judged[4]).toBe('good');
    expect(judged[7]).toBe('weak');
    expect(judged[19]).toBe('lost');
  });

  it('is weak while sound is patched', () => {
    const meter = new QualityMeter();
    const judged = [];
    for (let second = 1; second < 8; second++) {
      const framesShown = second * 50;
      const audio = { kind: 'audio', source: 'microphone', concealedShare: 0.05 } as const;
      judged.push(meter.update([stats({ ...audio, framesReceived: framesShown, framesShown })]));
    }
    expect(judged.at(-1)).toBe('weak');
  });

  it('starts over when a track is published anew', () => {
    const meter = new QualityMeter();
    for (let second = 0; second < 5; second++) meter.update([stats({ framesReceived: second * 30 })]);
    expect(meter.update([stats({ framesReceived: 3 })])).toBe('unknown');
  });
});
