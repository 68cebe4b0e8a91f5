import { describe, expect, it } from 'vitest';
import { BitrateSteering } from '../../src/core/bitrate_steering.js';
import { FrameAssembler } from '../../src/core/frame_assembler.js';
import type { Frame } from '../../src/core/frame.js';
import { UplinkSender } from '../../src/core/uplink_sender.js';
import { UplinkThinning } from '../../src/core/uplink_thinning.js';
import { parseChunk } from '../../src/core/wire.js';
import { frame, l1t3 } from './frames.js';

/** What came out at the far end of a link of a given rate. */
interface Arrival {
  readonly frame: Frame;
  readonly atMs: number;
}

/**
 * Drives a sender over a link with a rate, a one-way delay and an endless buffer: a camera at
 * 30 frames a second that makes the keyframes it is asked for, and a microphone.
 */
function simulate(rateBps: (ms: number) => number, durationMs: number): Arrival[] {
  const sender = new UplinkSender(65536);
  const assembler = new FrameAssembler(2 << 20);
  const arrivals: Arrival[] = [];
  const link: { message: Uint8Array; left: number }[] = [];
  const inFlight: { message: Uint8Array; atMs: number }[] = [];
  const reports: { bytes: number; atMs: number }[] = [];
  const delayMs = 20;
  let received = 0;
  let reportDueMs: number | undefined;
  let index = 0;
  let wantKey = true;
  let groupStart = 0;
  for (let now = 0; now < durationMs; now++) {
    if (now % 20 === 0) {
      const audio = { handle: 7, captureTimeUs: now * 1000, dependencies: [], group: 0 };
      sender.enqueueAudio(frame({ ...audio, number: now / 20 }), now);
    }
    if (now >= (index * 1000) / 30) {
      if (wantKey) groupStart = index;
      wantKey = false;
      const each = l1t3(index - groupStart, 1_000_000, 2500);
      sender.enqueueVideo({ ...each, number: index, captureTimeUs: now * 1000 }, now);
      index++;
    }
    while (reports[0] && reports[0].atMs <= now) sender.onReport(reports.shift()!.bytes, now);
    const { messages, keyframesNeeded } = sender.poll(now, 0);
    if (keyframesNeeded.length > 0) wantKey = true;
    for (const message of messages) link.push({ message, left: message.length + 40 });
    let budget = rateBps(now) / 8000;
    while (link[0] && budget > 0) {
      const taken = Math.min(budget, link[0].left);
      link[0].left -= taken;
      budget -= taken;
      if (link[0].left <= 0) inFlight.push({ message: link.shift()!.message, atMs: now + delayMs });
    }
    while (inFlight[0] && inFlight[0].atMs <= now) {
      const { message } = inFlight.shift()!;
      received += message.length;
      reportDueMs ??= now + 50;
      const result = assembler.push(message);
      expect(result, String(result)).not.toBeTypeOf('string');
      if (result) arrivals.push({ frame: result as Frame, atMs: now });
    }
    if (reportDueMs !== undefined && now >= reportDueMs) {
      reportDueMs = undefined;
      reports.push({ bytes: received, atMs: now + delayMs });
    }
  }
  return arrivals;
}

function lateness(arrivals: Arrival[], handle: number): number[] {
  return arrivals
    .filter((arrival) => arrival.frame.handle === handle)
    .map((arrival) => arrival.atMs - arrival.frame.captureTimeUs / 1000)
    .sort((a, b) => a - b);
}

const percentile = (sorted: number[], share: number): number =>
  sorted[Math.floor((sorted.length - 1) * share)]!;

function expectDecodable(arrivals: Arrival[]): void {
  const decoded = new Set<number>();
  for (const { frame: each } of arrivals.filter((arrival) => arrival.frame.handle === 4)) {
    if (each.keyframe) decoded.clear();
    for (const distance of each.dependencies) expect(decoded).toContain(each.number - distance);
    decoded.add(each.number);
  }
}

describe('UplinkSender', () => {
  it('sends everything at once over a link that carries it', () => {
    const arrivals = simulate(() => 5e6, 5000);
    expectDecodable(arrivals);
    expect(arrivals.filter(({ frame: { handle } }) => handle === 4).length).toBeGreaterThan(145);
    expect(percentile(lateness(arrivals, 7), 0.99)).toBeLessThan(60);
    expect(percentile(lateness(arrivals, 4), 0.99)).toBeLessThan(100);
  });

  it('over a link of half the rate, keeps sound prompt and pictures live and decodable', () => {
    // The camera makes 600 kbit/s, the microphone 60.
    const arrivals = simulate(() => 350e3, 20_000);
    expectDecodable(arrivals);
    const audio = lateness(arrivals, 7);
    expect(audio.length).toBeGreaterThan(950);
    // 20 ms of way, 30 ms of queue aimed at, and reports that come every 50 ms only.
    expect(percentile(audio, 0.5)).toBeLessThan(150);
    expect(percentile(audio, 0.95)).toBeLessThan(250);
    const video = lateness(arrivals, 4);
    expect(percentile(video, 0.95)).toBeLessThan(700);
    expect(video.length / 20).toBeGreaterThan(4);
  });

  it('comes back to live after the link stood still', () => {
    const arrivals = simulate((ms) => (ms > 4000 && ms < 7000 ? 0 : 2e6), 14_000);
    expectDecodable(arrivals);
    const after = arrivals.filter(({ atMs }) => atMs > 9000);
    expect(percentile(lateness(after, 4), 0.95)).toBeLessThan(150);
    expect(percentile(lateness(after, 7), 0.99)).toBeLessThan(100);
    expect(after.filter(({ frame: { handle } }) => handle === 4).length / 5).toBeGreaterThan(20);
  });

  it('puts sound before a keyframe that waits', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, payload: new Uint8Array(100_000) }), 0);
    sender.enqueueAudio(frame({ handle: 7, dependencies: [], group: 0 }), 0);
    const [first] = sender.poll(0, 0).messages;
    expect(parseChunk(first!)).toMatchObject({ handle: 7 });
  });

  it('writes nothing into a socket that is full, and says that something waits', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true }), 0);
    expect(sender.poll(0, 1 << 20).messages).toHaveLength(0);
    expect(sender.waiting).toBe(true);
    expect(sender.queueMs(70)).toBe(70);
  });

  it('takes nothing of a track before its first keyframe', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ number: 9 }), 0);
    expect(sender.waiting).toBe(false);
    expect(sender.counts(4).thinnedFrames).toBe(1);
  });

  it('abandons a frame that is half out when it gives up', () => {
    const sender = new UplinkSender(65536);
    const assembler = new FrameAssembler(2 << 20);
    sender.enqueueVideo(frame({ keyframe: true }), 0);
    sender.poll(0, 0);
    sender.enqueueVideo(frame({ number: 1, payload: new Uint8Array(50_000) }), 1);
    // Room for one chunk only.
    const begun = sender.poll(1, 8000).messages;
    expect(begun).toHaveLength(1);
    const givenUp = sender.poll(400, 1 << 20);
    const [abandon] = givenUp.messages;
    expect(parseChunk(abandon!)).toMatchObject({ frame: 1, abandon: true });
    expect(givenUp.keyframesNeeded).toEqual([4]);
    for (const message of [...begun, abandon!]) expect(assembler.push(message)).toBeUndefined();
    expect(sender.waiting).toBe(false);
  });
});

describe('UplinkThinning', () => {
  it('goes down at once and up one step at a time', () => {
    const thinning = new UplinkThinning();
    expect(thinning.update(70, 0)).toBe(1);
    expect(thinning.update(130, 10)).toBe(2);
    expect(thinning.update(0, 20)).toBe(2);
    expect(thinning.update(0, 1519)).toBe(2);
    expect(thinning.update(0, 1520)).toBe(1);
    expect(thinning.update(0, 3019)).toBe(1);
    expect(thinning.update(0, 3020)).toBe(0);
  });
});

describe('BitrateSteering', () => {
  const calm = { congested: false, deliveredBps: 600_000 };
  const congested = { congested: true, deliveredBps: 200_000 };

  it('changes by at least 15 % and at most every 2.5 s', () => {
    const steering = new BitrateSteering(100_000, 600_000);
    const changes: { atMs: number; bps: number }[] = [{ atMs: -9999, bps: 600_000 }];
    for (let now = 0; now < 60_000; now += 100) {
      const condition = now % 20_000 < 8000 ? congested : calm;
      if (steering.update(condition, condition.deliveredBps, now)) {
        changes.push({ atMs: now, bps: steering.bitrateBps });
      }
    }
    expect(changes.length).toBeGreaterThan(4);
    changes.slice(1).forEach(({ atMs, bps }, i) => {
      expect(atMs - changes[i]!.atMs).toBeGreaterThanOrEqual(2500);
      expect(Math.abs(bps - changes[i]!.bps) / changes[i]!.bps).toBeGreaterThanOrEqual(0.15);
      expect(bps).toBeGreaterThanOrEqual(100_000);
      expect(bps).toBeLessThanOrEqual(600_000);
    });
  });
});
