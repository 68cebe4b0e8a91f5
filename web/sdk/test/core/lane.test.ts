// A lane: the second connection of a participant's, for sound alone.
import { describe, expect, it } from 'vitest';
import { LanePolicy } from '../../src/core/lane_policy.js';
import { LinkController } from '../../src/core/link_controller.js';
import { SoundOrder, type Way } from '../../src/core/sound_order.js';
import { UplinkCounts } from '../../src/core/uplink_counts.js';
import { UplinkSender } from '../../src/core/uplink_sender.js';
import { parseChunk } from '../../src/core/wire.js';
import { frame, random } from './frames.js';

const sound = (number: number) => frame({ number: number >>> 0, dependencies: [] });

function drain(order: SoundOrder, nowMs: number): number[] {
  const numbers: number[] = [];
  for (let next = order.pop(nowMs); next; next = order.pop(nowMs)) numbers.push(next.number);
  return numbers;
}

describe('SoundOrder', () => {
  it('holds nothing of one connection, whatever is missing', () => {
    const order = new SoundOrder();
    for (const [index, number] of [7, 8, 11].entries()) {
      order.push(sound(number), 'first', index);
      expect(drain(order, index)).toEqual([number]);
    }
    expect(order.dueMs).toBeUndefined();
  });

  it('follows numbers over their end', () => {
    const order = new SoundOrder();
    order.push(sound(-2), 'first', 0);
    expect(drain(order, 0)).toEqual([0xffff_fffe]);
    order.push(sound(1), 'lane', 0);
    expect(drain(order, 0)).toEqual([]);
    order.push(sound(-1), 'first', 0);
    order.push(sound(0), 'first', 0);
    expect(drain(order, 0)).toEqual([0xffff_ffff, 0, 1]);
  });

  it('puts the last frames of the old connection before the first of the new one', () => {
    const order = new SoundOrder();
    order.push(sound(1), 'first', 0);
    expect(drain(order, 0)).toEqual([1]);
    order.push(sound(4), 'lane', 10);
    expect(drain(order, 10), '2 and 3 may be on their way').toEqual([]);
    expect(order.dueMs).toBe(70);
    order.push(sound(2), 'first', 20);
    order.push(sound(3), 'first', 20);
    expect(drain(order, 20)).toEqual([2, 3, 4]);
    order.push(sound(4), 'first', 20);
    expect(drain(order, 20), 'it came twice').toEqual([]);
    expect(order.dueMs).toBeUndefined();
  });

  it('waits for what does not come no longer than a gap that nobody minds', () => {
    const order = new SoundOrder();
    order.push(sound(1), 'first', 0);
    drain(order, 0);
    order.push(sound(4), 'lane', 0);
    expect(drain(order, 59)).toEqual([]);
    expect(drain(order, 60)).toEqual([4]);
    order.push(sound(2), 'first', 60);
    expect(drain(order, 60), 'too late').toEqual([]);
  });

  it('soon does not wait for a connection that brings nothing', () => {
    const order = new SoundOrder();
    order.push(sound(0), 'first', 0);
    for (let number = 1; number <= 10; number++) order.push(sound(number), 'lane', 0);
    expect(drain(order, 0)).toHaveLength(11);
    order.push(sound(20), 'lane', 0);
    expect(drain(order, 0)).toEqual([20]);
  });

  it('does not wait for a lane that ended', () => {
    const order = new SoundOrder();
    order.push(sound(1), 'first', 0);
    order.push(sound(2), 'lane', 0);
    expect(drain(order, 0)).toEqual([1, 2]);
    order.push(sound(5), 'first', 0);
    expect(drain(order, 0)).toEqual([]);
    order.laneClosed();
    expect(drain(order, 0)).toEqual([5]);
  });

  it('keeps order, passes nothing twice and holds nothing for longer, whatever comes by whichever way', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = random(seed);
      const order = new SoundOrder();
      const numbers: Record<Way, number> = { first: 0, lane: 0 };
      const arrivedMs = new Map<number, number>();
      const out: number[] = [];
      for (let nowMs = 0; nowMs < 4000; nowMs += Math.floor(next() * 8)) {
        const way: Way = next() < 0.5 ? 'first' : 'lane';
        numbers[way] += 1 + Math.floor(next() * next() * 6);
        const number = numbers[way];
        if (next() < 0.01) {
          order.laneClosed();
        } else {
          order.push(sound(number), way, nowMs);
          if (!arrivedMs.has(number)) arrivedMs.set(number, nowMs);
        }
        for (const popped of drain(order, nowMs)) {
          // 60, and a step of this loop.
          expect(nowMs - arrivedMs.get(popped)!, `seed ${seed}`).toBeLessThan(68);
          out.push(popped);
        }
        if (order.dueMs !== undefined) expect(order.dueMs).toBeGreaterThan(nowMs);
      }
      expect(out.length).toBeGreaterThan(100);
      expect(out.every((number, index) => index === 0 || number > out[index - 1]!)).toBe(true);
    }
  });

  it('gives a gap up early rather than hold more than sixteen frames', () => {
    const order = new SoundOrder();
    order.push(sound(0), 'first', 0);
    drain(order, 0);
    // The first connection brings one in between, so that it counts as in use.
    for (let number = 100; number < 116; number++) {
      order.push(sound(number), 'lane', 0);
      if (number === 107) order.push(sound(1), 'first', 0);
    }
    expect(drain(order, 0), '1 and nothing behind the gap').toEqual([1]);
    order.push(sound(116), 'lane', 0);
    expect(drain(order, 0)).toContain(100);
  });
});

describe('LanePolicy', () => {
  it('opens the first at once, further ones after 1, 2, 4 ... 30 s', () => {
    const policy = new LanePolicy();
    let nowMs = 5;
    const waits = Array.from({ length: 8 }, () => {
      const waitMs = policy.waitMs(nowMs);
      nowMs += waitMs;
      policy.tried(nowMs);
      return waitMs;
    });
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('opens another at once after one that held for a minute', () => {
    const policy = new LanePolicy();
    policy.waitMs(0);
    policy.tried(0);
    policy.waitMs(100);
    policy.tried(1100);
    expect(policy.waitMs(61_101)).toBe(0);
    policy.tried(61_101);
    expect(policy.waitMs(61_200)).toBe(1000);
  });
});

describe('the uplink of a lane', () => {
  it('counts with the first connection', () => {
    const counts = new UplinkCounts();
    const first = new UplinkSender(65536, counts);
    const lane = new UplinkSender(65536, counts);
    for (const [number, sender] of [first, lane].entries()) {
      sender.enqueueAudio(sound(number), 0);
      expect(sender.poll(0, 0).messages).toHaveLength(1);
    }
    expect(first.counts(4).sentFrames).toBe(2);
    expect(lane.counts(4).sentBytes).toBe(first.counts(4).sentBytes);
  });

  it('gives what it could not send to the connection that goes on', () => {
    const lane = new UplinkSender(65536);
    const first = new UplinkSender(65536);
    for (let number = 0; number < 3; number++) {
      lane.enqueueAudio(sound(number), 0);
      // The socket takes the first only.
      expect(lane.poll(0, number === 0 ? 0 : 1 << 20).messages).toHaveLength(number === 0 ? 1 : 0);
    }
    for (const each of lane.takeAudio()) first.enqueueAudio(each, 10);
    expect(lane.waiting).toBe(false);
    const sent = first.poll(10, 0).messages.map((message) => parseChunk(message));
    expect(sent).toMatchObject([{ frame: 1 }, { frame: 2 }]);
  });
});

describe('LinkController', () => {
  it('calls a connection stalled in which bytes lie for over a second', () => {
    const link = new LinkController();
    link.sent(100, 0);
    expect(link.stalled(5000), 'a server that never reports is not waited for').toBe(false);
    link.reported(100, 40);
    expect(link.stalled(60_000), 'nothing is under way').toBe(false);
    link.sent(100, 60_000);
    link.sent(100, 60_900);
    expect(link.stalled(61_000)).toBe(false);
    expect(link.stalled(61_001)).toBe(true);
    link.reported(200, 61_002);
    expect(link.stalled(61_003), 'the older bytes are there').toBe(false);
  });

  it('has more patience on a long way', () => {
    const link = new LinkController();
    link.sent(100, 0);
    link.reported(100, 700);
    link.sent(100, 1000);
    expect(link.stalled(3700)).toBe(false);
    expect(link.stalled(3900)).toBe(true);
  });
});
