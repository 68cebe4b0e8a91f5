import { describe, expect, it } from 'vitest';
import { EncoderBitrate } from '../../src/core/encoder_bitrate.js';
import { EncoderLoad } from '../../src/core/encoder_load.js';
import { EncodingAllocation } from '../../src/core/encoding_allocation.js';
import { cameraPlans, screenPlans } from '../../src/core/encoding_plan.js';

const size = (width: number, height: number) => ({ width, height });

describe('encoding plans', () => {
  const sizes = (source: { width: number; height: number }, cores: number) =>
    cameraPlans(source, cores)[0]!.encodings.map(({ config }) => size(config.width, config.height));

  it('have two encodings below 720 lines, three from there on, smallest first', () => {
    const two = [size(320, 180), size(640, 360)];
    expect(sizes(size(640, 360), 8)).toEqual(two);
    expect(sizes(size(1280, 720), 8)).toEqual([...two, size(1280, 720)]);
    expect(sizes(size(1920, 1080), 8)).toEqual([...two, size(1280, 720)]);
    expect(sizes(size(360, 640), 8)).toEqual([size(180, 320), size(360, 640)]);
    expect(sizes(size(640, 480), 8)).toHaveLength(2);
  });

  it('have one for a picture that is small already', () => {
    expect(sizes(size(320, 180), 8)).toEqual([size(320, 180)]);
    expect(sizes(size(352, 200), 8)).toHaveLength(1);
  });

  it('ask VP8 for more than 640x360 pixels only where there are cores for it', () => {
    const plans = [...cameraPlans(size(1920, 1200), 2), ...screenPlans(size(1920, 1200))];
    for (const { encodings } of plans) {
      for (const { config } of encodings) {
        const limit = config.codec === 'vp8' ? 640 * 360 : 1280 * 720;
        expect(config.width * config.height).toBeLessThanOrEqual(limit);
      }
    }
  });
});

describe('EncodingAllocation', () => {
  const candidates = cameraPlans(size(640, 360), 2)[0]!.encodings.map((plan, encoding) => ({
    key: `camera ${encoding}`,
    smallest: encoding === 0,
    minBitrateBps: plan.minBitrateBps,
    maxBitrateBps: plan.maxBitrateBps,
  }));

  it('fills the smallest first and leaves the largest out when there is too little', () => {
    expect(new EncodingAllocation().divide(2e6, candidates, 0)).toEqual([150_000, 700_000]);
    expect(new EncodingAllocation().divide(500e3, candidates, 0)).toEqual([150_000, 350_000]);
    expect(new EncodingAllocation().divide(200e3, candidates, 0)).toEqual([150_000, 0]);
    expect(new EncodingAllocation().divide(60e3, candidates, 0)).toEqual([60_000, 0]);
    expect(new EncodingAllocation().divide(0, candidates, 0)).toEqual([30_000, 0]);
  });

  it('brings one back only after the link carried more than needed for a while', () => {
    const allocation = new EncodingAllocation();
    allocation.divide(100e3, candidates, 0);
    expect(allocation.divide(260e3, candidates, 1000)[1]).toBe(0);
    for (let now = 2000; now < 5000; now += 100) {
      expect(allocation.divide(400e3, candidates, now)[1], `${now}`).toBe(0);
    }
    expect(allocation.divide(400e3, candidates, 5000)[1]).toBe(250_000);
    // On, it stays through a small dip.
    expect(allocation.divide(230e3, candidates, 5100)[1]).toBeGreaterThan(0);
    expect(allocation.divide(200e3, candidates, 5200)[1]).toBe(0);
  });

  it('waits longer each time that a return did not last', () => {
    const allocation = new EncodingAllocation();
    const returns: number[] = [];
    let on = true;
    for (let now = 0; now < 60_000; now += 100) {
      // The link carries it only as long as it is not tried.
      const [, large] = allocation.divide(on ? 200e3 : 400e3, candidates, now);
      if (large! > 0 && !on) returns.push(now);
      on = large! > 0;
    }
    expect(returns.length).toBeGreaterThan(2);
    expect(returns[2]! - returns[1]!).toBeGreaterThan(1.7 * (returns[1]! - returns[0]!));
  });

  it('finds use for what is on, and for bringing back the next', () => {
    const allocation = new EncodingAllocation();
    allocation.divide(2e6, candidates, 0);
    expect(allocation.usefulBps(candidates)).toBe(850_000);
    allocation.divide(100e3, candidates, 100);
    expect(allocation.usefulBps(candidates)).toBe(150_000 + 187_500);
  });

  it('gives nothing of the budget to what nobody wants', () => {
    expect(new EncodingAllocation().divide(500e3, candidates.slice(1), 0)).toEqual([500_000]);
  });
});

describe('EncoderLoad', () => {
  /** Two seconds and more of pictures, of which a share finds the encoders behind. */
  function feed(load: EncoderLoad, share: number, fromMs: number, toMs: number): void {
    let count = 0;
    for (let now = fromMs; now < toMs; now += 33) {
      count++;
      load.captured(Math.floor(count * share) > Math.floor((count - 1) * share), now);
    }
  }

  it('leaves the largest out when encoders stay behind, one at a time, never the last', () => {
    const load = new EncoderLoad(3);
    feed(load, 0.1, 0, 10_000);
    expect(load.carried).toBe(3);
    feed(load, 0.5, 10_000, 11_500);
    expect(load.carried).toBe(2);
    feed(load, 1, 11_500, 20_000);
    expect(load.carried).toBe(1);
  });

  it('is patient at the beginning', () => {
    const load = new EncoderLoad(2);
    feed(load, 1, 0, 2900);
    expect(load.carried).toBe(2);
  });

  it('tries again after a while, and later each time that it did not last', () => {
    const load = new EncoderLoad(2);
    const returns: number[] = [];
    let before = 2;
    for (let now = 0; now < 300_000; now += 33) {
      // This machine carries one encoder, not two.
      load.captured(load.carried === 2, now);
      if (load.carried === 2 && before === 1) returns.push(now);
      before = load.carried;
    }
    expect(returns.length).toBeGreaterThan(2);
    const pauses = returns.slice(1).map((atMs, index) => atMs - returns[index]!);
    expect(pauses[0]).toBeGreaterThan(20_000);
    expect(pauses[1]! / pauses[0]!).toBeGreaterThan(1.7);
  });
});

describe('EncoderBitrate', () => {
  it('follows a target in steps that are worth it, down sooner than up', () => {
    const bitrate = new EncoderBitrate(600_000);
    expect(bitrate.aim(590_000, 0)).toBe(false);
    expect(bitrate.aim(300_000, 0)).toBe(true);
    expect(bitrate.aim(200_000, 200)).toBe(false);
    expect(bitrate.aim(200_000, 300)).toBe(true);
    expect(bitrate.aim(400_000, 1200)).toBe(false);
    expect(bitrate.aim(400_000, 1300)).toBe(true);
    expect(bitrate.bps).toBe(400_000);
  });

  it('changes by at least 15 % and each 2.5 s where each change costs a keyframe', () => {
    const bitrate = new EncoderBitrate(600_000);
    bitrate.changesAreCostly();
    const changes: { atMs: number; bps: number }[] = [{ atMs: -9999, bps: 600_000 }];
    for (let now = 0; now < 60_000; now += 100) {
      if (bitrate.aim(300_000 + 200_000 * Math.sin(now / 5000), now)) {
        changes.push({ atMs: now, bps: bitrate.bps });
      }
    }
    expect(changes.length).toBeGreaterThan(4);
    changes.slice(1).forEach(({ atMs, bps }, index) => {
      expect(atMs - changes[index]!.atMs).toBeGreaterThanOrEqual(2500);
      expect(Math.abs(bps - changes[index]!.bps) / changes[index]!.bps).toBeGreaterThanOrEqual(0.15);
    });
  });
});
