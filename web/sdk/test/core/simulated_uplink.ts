import { expect } from 'vitest';
import { EncodingAllocation } from '../../src/core/encoding_allocation.js';
import { cameraPlans } from '../../src/core/encoding_plan.js';
import { FrameAssembler } from '../../src/core/frame_assembler.js';
import type { Frame } from '../../src/core/frame.js';
import { TemporalDependencies } from '../../src/core/temporal_dependencies.js';
import { UplinkBudget } from '../../src/core/uplink_budget.js';
import { UplinkSender } from '../../src/core/uplink_sender.js';
import { frame, random } from './frames.js';

export const CAMERA = 4;
export const MICROPHONE = 7;

/** What came out at the far end. */
export interface Arrival {
  readonly frame: Frame;
  readonly atMs: number;
}

/** The link and what is sent over it. */
export interface Scenario {
  rateBps(ms: number): number;
  readonly durationMs: number;
  readonly delayMs?: number;
  /** Whether the microphone sends at that moment (default: always). */
  speaks?(ms: number): boolean;
  readonly reports?: boolean;
  /** Reports may be late by up to so much: the server or the page is short of time. */
  readonly reportsLateMs?: number;
}

/** What a run showed. */
export interface Run {
  readonly arrivals: Arrival[];
  /** Keyframes made, by when. */
  readonly keyframesMs: number[];
  /** The bitrates that each encoding was asked for, ten times a second. */
  readonly targets: { readonly atMs: number; readonly bps: readonly number[] }[];
}

const HEADER_BYTES = 40;
const REPORT_MS = 50;

interface Encoding {
  readonly dependencies: TemporalDependencies;
  targetBps: number;
  on: boolean;
  wantKey: boolean;
  inGroup: number;
}

/**
 * Drives the whole uplink (sender, budget, allocation) over a link with a rate, a one-way delay and
 * an endless buffer: a 640x360 camera in two encodings at 30 frames a second, whose frames have the
 * sizes that were asked for, and a microphone.
 */
export function run({
  rateBps,
  durationMs,
  delayMs = 20,
  speaks,
  reports = true,
  reportsLateMs = 0,
}: Scenario): Run {
  const sender = new UplinkSender(65536);
  const budget = new UplinkBudget();
  const allocation = new EncodingAllocation();
  const assembler = new FrameAssembler(2 << 20);
  const noise = random(7);
  const [plan] = cameraPlans({ width: 640, height: 360 }, 2);
  const plans = plan!.encodings;
  const encodings: Encoding[] = plans.map(() => ({
    dependencies: new TemporalDependencies(3),
    targetBps: 0,
    on: false,
    wantKey: true,
    inGroup: 0,
  }));
  const result: Run = { arrivals: [], keyframesMs: [], targets: [] };
  const link: { message: Uint8Array; left: number }[] = [];
  const onTheWay: { message: Uint8Array; atMs: number }[] = [];
  const reported: { bytes: number; atMs: number }[] = [];
  let received = 0;
  let reportDueMs: number | undefined;
  let pictures = 0;
  let packets = 0;
  let leftOut = 0;

  const divide = (now: number): void => {
    const condition = {
      leftOut: sender.leftOut > leftOut,
      queueMs: sender.queueMs(now),
      queueingMs: sender.link.queueingMs,
      linkBps: sender.link.bitsPerSecond,
      outage: sender.link.outage(now),
      audioBps: 45_000,
    };
    leftOut = sender.leftOut;
    const candidates = plans.map(({ minBitrateBps, maxBitrateBps }, encoding) => ({
      key: String(encoding),
      smallest: encoding === 0,
      minBitrateBps,
      maxBitrateBps,
    }));
    budget.update(condition, allocation.usefulBps(candidates), now);
    const shares = allocation.divide(budget.videoBps, candidates, now);
    result.targets.push({ atMs: now, bps: shares });
    encodings.forEach((each, encoding) => {
      each.targetBps = shares[encoding]!;
      const on = each.targetBps > 0;
      if (each.on && !on) {
        sender.stopEncoding({ handle: CAMERA, encoding });
        encodings[0]!.wantKey = true;
      }
      if (on && !each.on) each.wantKey = true;
      each.on = on;
    });
  };

  const encode = (each: Encoding, encoding: number, now: number): void => {
    if (!each.on || !sender.wantsPictures({ handle: CAMERA, encoding }, now)) return;
    const keyframe = each.wantKey;
    if (keyframe) {
      result.keyframesMs.push(now);
      each.inGroup = 0;
    }
    each.wantKey = false;
    const layer = [0, 2, 1, 2][each.inGroup++ % 4]!;
    const structure = each.dependencies.next(keyframe, layer);
    // Bytes of a picture, by layer as libvpx shares them out; a keyframe is some of the largest.
    const mean = each.targetBps / 8 / 30;
    const share = keyframe ? 14 : [1.6, 0, 0.84, 0.76][layer === 2 ? 3 : layer * 2]!;
    const bytes = Math.max(50, Math.round(mean * share * (0.8 + 0.4 * noise())));
    sender.enqueueVideo(
      frame({
        ...structure,
        encoding,
        keyframe,
        captureTimeUs: now * 1000,
        payload: new Uint8Array(bytes),
      }),
      now,
    );
  };

  const arrive = (message: Uint8Array, now: number): void => {
    received += message.length;
    reportDueMs ??= now + REPORT_MS;
    const assembled = assembler.push(message);
    expect(assembled, String(assembled)).not.toBeTypeOf('string');
    if (assembled) result.arrivals.push({ frame: assembled as Frame, atMs: now });
  };

  for (let now = 0; now < durationMs; now++) {
    if (now % 100 === 0) divide(now);
    if (now % 20 === 0 && (speaks?.(now) ?? true)) {
      const audio = { handle: MICROPHONE, captureTimeUs: now * 1000, dependencies: [], group: 0 };
      sender.enqueueAudio(frame({ ...audio, number: packets++ }), now);
    }
    if (now >= (pictures * 1000) / 30) {
      pictures++;
      encodings.forEach((each, encoding) => encode(each, encoding, now));
    }
    while (reported[0] && reported[0].atMs <= now) sender.onReport(reported.shift()!.bytes, now);
    const { messages, keyframesNeeded } = sender.poll(now, 0);
    for (const { encoding } of keyframesNeeded) encodings[encoding]!.wantKey = true;
    for (const message of messages) link.push({ message, left: message.length + HEADER_BYTES });
    let bytes = rateBps(now) / 8000;
    while (link[0] && bytes > 0) {
      const taken = Math.min(bytes, link[0].left);
      link[0].left -= taken;
      bytes -= taken;
      if (link[0].left <= 0) onTheWay.push({ message: link.shift()!.message, atMs: now + delayMs });
    }
    while (onTheWay[0] && onTheWay[0].atMs <= now) arrive(onTheWay.shift()!.message, now);
    if (reports && reportDueMs !== undefined && now >= reportDueMs) {
      reportDueMs = undefined;
      const lateMs = Math.round(reportsLateMs * noise() ** 2);
      // One connection keeps order.
      const atMs = Math.max(now + delayMs + lateMs, reported.at(-1)?.atMs ?? 0);
      reported.push({ bytes: received, atMs });
    }
  }
  return result;
}

/** Arrivals of one encoding (or of the microphone), from a moment to another. */
export function part(
  { arrivals }: Run,
  handle: number,
  encoding: number,
  fromMs = 0,
  toMs = Number.POSITIVE_INFINITY,
): Arrival[] {
  return arrivals.filter(
    ({ frame: each, atMs }) =>
      each.handle === handle && each.encoding === encoding && atMs >= fromMs && atMs < toMs,
  );
}

/** Milliseconds from capture to arrival that this share of `arrivals` took at most. */
export function age(arrivals: readonly Arrival[], share: number): number {
  const ages = arrivals
    .map(({ frame: each, atMs }) => atMs - each.captureTimeUs / 1000)
    .sort((a, b) => a - b);
  return ages[Math.floor((ages.length - 1) * share)] ?? Number.POSITIVE_INFINITY;
}

/** The longest time between two arrivals of `arrivals`, in ms. */
export function longestGap(arrivals: readonly Arrival[]): number {
  let longest = 0;
  arrivals.forEach(({ atMs }, index) => {
    if (index > 0) longest = Math.max(longest, atMs - arrivals[index - 1]!.atMs);
  });
  return longest;
}

/** Every frame that arrived found what it depends on there. */
export function expectDecodable({ arrivals }: Run): void {
  const decoded = new Map<number, Set<number>>();
  for (const { frame: each } of arrivals.filter(({ frame: f }) => f.handle === CAMERA)) {
    const numbers = decoded.get(each.encoding) ?? new Set();
    decoded.set(each.encoding, numbers);
    if (each.keyframe) numbers.clear();
    for (const distance of each.dependencies) expect(numbers).toContain(each.number - distance);
    numbers.add(each.number);
  }
}
