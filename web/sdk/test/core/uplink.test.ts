import { describe, expect, it } from 'vitest';
import { FrameAssembler } from '../../src/core/frame_assembler.js';
import { UplinkSender } from '../../src/core/uplink_sender.js';
import { UplinkThinning } from '../../src/core/uplink_thinning.js';
import { parseChunk } from '../../src/core/wire.js';
import { frame } from './frames.js';
import { age, CAMERA, expectDecodable, longestGap, MICROPHONE, part, run } from './simulated_uplink.js';

const perSecond = (count: number, fromMs: number, toMs: number): number =>
  (count * 1000) / (toMs - fromMs);

describe('the uplink over a simulated link', () => {
  it('sends everything promptly where there is room', () => {
    const result = run({ rateBps: () => 5e6, durationMs: 10_000 });
    expectDecodable(result);
    for (const encoding of [0, 1]) {
      const pictures = part(result, CAMERA, encoding, 4000);
      expect(perSecond(pictures.length, 4000, 10_000)).toBeGreaterThan(29);
      expect(age(pictures, 0.99)).toBeLessThan(60);
    }
    expect(result.targets.at(-1)?.bps).toEqual([150_000, 700_000]);
    expect(age(part(result, MICROPHONE, 0, 2000), 0.99)).toBeLessThan(45);
    expect(result.keyframesMs).toHaveLength(2);
  });

  it('over 600 kbit/s and 80 ms keeps both encodings moving and sound prompt', () => {
    const result = run({ rateBps: () => 600e3, durationMs: 30_000, delayMs: 40 });
    expectDecodable(result);
    const sound = part(result, MICROPHONE, 0, 5000);
    expect(perSecond(sound.length, 5000, 30_000)).toBeGreaterThan(49.5);
    expect(age(sound, 0.95)).toBeLessThan(110);
    const small = part(result, CAMERA, 0, 5000);
    expect(perSecond(small.length, 5000, 30_000)).toBeGreaterThan(27);
    const large = part(result, CAMERA, 1, 5000);
    expect(perSecond(large.length, 5000, 30_000)).toBeGreaterThan(22);
    expect(age(large, 0.95)).toBeLessThan(150);
    expect(longestGap(large)).toBeLessThan(300);
  });

  it('over 300 kbit/s turns the larger encoding off and keeps the smaller one whole', () => {
    const result = run({ rateBps: () => 300e3, durationMs: 30_000, delayMs: 40 });
    expectDecodable(result);
    const small = part(result, CAMERA, 0, 5000);
    expect(perSecond(small.length, 5000, 30_000)).toBeGreaterThan(23);
    expect(age(small, 0.95)).toBeLessThan(150);
    expect(part(result, CAMERA, 1, 5000).length).toBeLessThan(150);
    expect(age(part(result, MICROPHONE, 0, 5000), 0.99)).toBeLessThan(230);
  });

  it('rate spiral: a full link does not drive the rate far below what it carries', () => {
    for (const rateBps of [150e3, 300e3, 600e3, 1e6]) {
      const { targets } = run({ rateBps: () => rateBps, durationMs: 40_000, delayMs: 40 });
      const later = targets.filter(({ atMs }) => atMs > 10_000);
      const means = later.map(({ bps }) => bps.reduce((sum, each) => sum + each, 0));
      const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
      // Sound takes 45 kbit/s; what the smaller encoding does not need is left over below 350.
      const room = Math.min(850e3, rateBps < 350e3 ? Math.min(150e3, rateBps) : rateBps - 45e3);
      expect(mean / room, `${rateBps}`).toBeGreaterThan(0.45);
    }
  });

  it('keyframe starvation: a keyframe larger than a second of the link arrives all the same', () => {
    const sender = new UplinkSender(65536);
    const assembler = new FrameAssembler(2 << 20);
    const link: Uint8Array[] = [];
    let received = 0;
    let budget = 0;
    let keyframeMs = Number.POSITIVE_INFINITY;
    sender.enqueueVideo(frame({ keyframe: true, payload: new Uint8Array(60_000) }), 0);
    for (let now = 0, number = 1; now < 4000; now += 10) {
      // Pictures go on coming; a newer keyframe never does.
      if (now % 30 === 0) sender.enqueueVideo(frame({ number: number++ }), now);
      const { messages, keyframesNeeded } = sender.poll(now, 0);
      expect(keyframesNeeded).toEqual([]);
      link.push(...messages);
      budget += (300e3 / 8) * 0.01;
      while (link[0] && link[0].length <= budget) {
        const message = link.shift()!;
        budget -= message.length;
        received += message.length;
        const result = assembler.push(message);
        if (typeof result === 'object' && result.keyframe) keyframeMs = now;
      }
      if (link.length === 0) budget = 0;
      if (now % 50 === 0) sender.onReport(received, now);
    }
    // 60 kB are 1.6 s of the link.
    expect(keyframeMs).toBeLessThan(2200);
  });

  it('silence of speech: pauses of the microphone neither hold pictures back nor hurt sound', () => {
    const speaks = (ms: number): boolean => ms % 4000 < 1500;
    const result = run({ rateBps: () => 400e3, durationMs: 30_000, delayMs: 20, speaks });
    expectDecodable(result);
    const sound = part(result, MICROPHONE, 0, 5000);
    expect(sound.length).toBeGreaterThanOrEqual(25 * 19 - 5);
    expect(age(sound, 0.95)).toBeLessThan(110);
    const pictures = part(result, CAMERA, 0, 5000);
    expect(perSecond(pictures.length, 5000, 30_000)).toBeGreaterThan(24);
  });

  it('after an outage comes back with fresh sound at once and a keyframe of each encoding', () => {
    const back = 11_000;
    const rateBps = (ms: number): number => (ms > 8000 && ms < back ? 0 : 2e6);
    const result = run({ rateBps, durationMs: 20_000 });
    expectDecodable(result);
    const fresh = (handle: number, encoding: number): number | undefined =>
      part(result, handle, encoding, back).find(
        ({ frame: each, atMs }) => atMs - each.captureTimeUs / 1000 < 150,
      )?.atMs;
    expect(fresh(MICROPHONE, 0)! - back).toBeLessThan(300);
    expect(fresh(CAMERA, 0)! - back).toBeLessThan(500);
    expect(fresh(CAMERA, 1)! - back).toBeLessThan(700);
    expect(result.keyframesMs.filter((ms) => ms > 1000).length).toBeLessThanOrEqual(2);
    // What had waited when the link stood still is stale; little of it was bound to the socket.
    const stale = part(result, MICROPHONE, 0, back).filter(
      ({ frame: each, atMs }) => atMs - each.captureTimeUs / 1000 > 500,
    );
    expect(stale.length).toBeLessThanOrEqual(25);
    // An outage says nothing of the rate.
    expect(age(part(result, CAMERA, 1, 13_000), 0.95)).toBeLessThan(80);
  });

  it('follows a link that narrows, and one that widens again', () => {
    const rateBps = (ms: number): number => (ms > 10_000 && ms < 20_000 ? 400e3 : 3e6);
    const result = run({ rateBps, durationMs: 40_000 });
    expectDecodable(result);
    expect(age(part(result, MICROPHONE, 0, 12_000, 20_000), 0.95)).toBeLessThan(120);
    expect(age(part(result, CAMERA, 0, 12_000, 20_000), 0.95)).toBeLessThan(150);
    expect(result.targets.find(({ atMs }) => atMs === 35_000)?.bps).toEqual([150_000, 700_000]);
  });

  it('does not take late reports of a busy machine for a slow link', () => {
    const noisy = { rateBps: () => 20e6, durationMs: 30_000, delayMs: 40, reportsLateMs: 120 };
    const result = run(noisy);
    expectDecodable(result);
    const large = part(result, CAMERA, 1, 5000);
    expect(perSecond(large.length, 5000, 30_000)).toBeGreaterThan(27);
    const means = result.targets.filter(({ atMs }) => atMs > 10_000).map(({ bps }) => bps[1]!);
    expect(means.reduce((sum, each) => sum + each, 0) / means.length).toBeGreaterThan(500_000);
  });

  it('does not wait for a server that never reports', () => {
    const result = run({ rateBps: () => 5e6, durationMs: 5000, reports: false });
    expectDecodable(result);
    expect(part(result, CAMERA, 0, 3000).length).toBeGreaterThan(57);
  });
});

describe('UplinkSender', () => {
  it('puts sound before a keyframe that waits', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, payload: new Uint8Array(100_000) }), 0);
    sender.enqueueAudio(frame({ handle: 7, dependencies: [], group: 0 }), 0);
    const [first] = sender.poll(0, 0).messages;
    expect(parseChunk(first!)).toMatchObject({ handle: 7 });
  });

  it('puts the smaller encoding before the larger one', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, encoding: 1 }), 0);
    sender.enqueueVideo(frame({ keyframe: true, encoding: 0, captureTimeUs: 9 }), 0);
    const encodings = sender.poll(0, 0).messages.map((message) => {
      const chunk = parseChunk(message);
      return typeof chunk === 'string' ? chunk : chunk.encoding;
    });
    expect(encodings).toEqual([0, 1]);
  });

  it('writes nothing into a socket that is full, and says that something waits', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true }), 0);
    expect(sender.poll(0, 1 << 20).messages).toHaveLength(0);
    expect(sender.waiting).toBe(true);
    expect(sender.queueMs(70)).toBe(70);
  });

  it('takes nothing of an encoding before its first keyframe', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, encoding: 1 }), 0);
    sender.poll(0, 0);
    sender.enqueueVideo(frame({ number: 9 }), 0);
    expect(sender.waiting).toBe(false);
    expect(sender.counts(4).thinnedFrames).toBe(1);
  });

  it('abandons a frame that is half out when a keyframe is the cheaper way on', () => {
    const sender = new UplinkSender(65536);
    const assembler = new FrameAssembler(2 << 20);
    sender.enqueueVideo(frame({ keyframe: true }), 0);
    const keyframeBytes = sender.poll(0, 0).messages[0]!.length;
    sender.enqueueVideo(frame({ number: 1, payload: new Uint8Array(50_000) }), 1);
    // Room for one chunk only.
    const begun = sender.poll(1, 4000).messages;
    expect(begun).toHaveLength(1);
    let sent = begun[0]!.length + keyframeBytes;
    sender.onReport(sent - begun[0]!.length, 100);
    const givenUp = sender.poll(350, 1 << 20);
    const [abandon] = givenUp.messages;
    expect(parseChunk(abandon!)).toMatchObject({ frame: 1, abandon: true });
    for (const message of [...begun, abandon!]) expect(assembler.push(message)).toBeUndefined();
    // Asked for only once the link has room for it, and only once.
    expect(givenUp.keyframesNeeded).toEqual([]);
    sent += abandon!.length;
    sender.onReport(sent, 400);
    let asked = 0;
    for (let now = 400; now < 900; now += 10) asked += sender.poll(now, 0).keyframesNeeded.length;
    expect(asked).toBe(1);
  });

  it('sends a short chain late rather than ask for a large keyframe', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, payload: new Uint8Array(10_000) }), 0);
    while (sender.waiting) sender.poll(0, 0);
    sender.enqueueVideo(frame({ number: 1 }), 10);
    expect(sender.poll(500, 1 << 20)).toEqual({ messages: [], keyframesNeeded: [] });
    const { messages } = sender.poll(510, 0);
    expect(parseChunk(messages[0]!)).toMatchObject({ frame: 1, last: true });
  });

  it('forgets what waits of an encoding that is not made any more', () => {
    const sender = new UplinkSender(65536);
    sender.enqueueVideo(frame({ keyframe: true, payload: new Uint8Array(90_000) }), 0);
    expect(sender.poll(0, 0).messages.length).toBeGreaterThan(0);
    expect(sender.waiting).toBe(true);
    sender.stopEncoding({ handle: 4, encoding: 0 });
    const [abandon] = sender.poll(1, 0).messages;
    expect(parseChunk(abandon!)).toMatchObject({ abandon: true });
    expect(sender.waiting).toBe(false);
  });
});

describe('UplinkThinning', () => {
  it('goes down at once and up one step at a time', () => {
    const thinning = new UplinkThinning();
    expect(thinning.update(70, 0)).toBe(1);
    expect(thinning.update(130, 10)).toBe(2);
    expect(thinning.update(0, 20)).toBe(2);
    expect(thinning.update(0, 1019)).toBe(2);
    expect(thinning.update(0, 1020)).toBe(1);
    expect(thinning.update(0, 2019)).toBe(1);
    expect(thinning.update(0, 2020)).toBe(0);
  });
});
