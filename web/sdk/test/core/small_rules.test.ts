import { describe, expect, it } from 'vitest';
import { ActiveSpeakers } from '../../src/core/active_speakers.js';
import { audioLevel } from '../../src/core/audio_level.js';
import { AudioPacketizer } from '../../src/core/audio_packetizer.js';
import { CaptureClock } from '../../src/core/capture_clock.js';
import { parseServerMessage } from '../../src/core/control_messages.js';
import { fitPicture } from '../../src/core/fit_picture.js';
import { PicturePacer } from '../../src/core/picture_pacer.js';
import { publishableSources } from '../../src/core/publish_rights.js';
import { ReconnectPolicy } from '../../src/core/reconnect_policy.js';
import { RunningClock } from '../../src/core/running_clock.js';
import { ReportSchedule } from '../../src/core/report_schedule.js';
import { SilenceGate } from '../../src/core/silence_gate.js';

describe('ReconnectPolicy', () => {
  it('waits longer each time and gives up after two minutes', () => {
    const policy = new ReconnectPolicy();
    policy.onConnected(0);
    let now = 60_000;
    const delays: number[] = [];
    for (let delay = policy.next(now, 0); delay !== undefined; delay = policy.next(now, 0)) {
      delays.push(delay);
      now += delay + 500;
    }
    expect(delays.slice(0, 7)).toEqual([0, 300, 1200, 2700, 4800, 7000, 7000]);
    expect(now - 60_000).toBeGreaterThan(115_000);
    expect(now - 60_000).toBeLessThan(135_000);
  });

  it('starts over after a connection that held', () => {
    const policy = new ReconnectPolicy();
    policy.onConnected(0);
    policy.next(20_000, 0);
    policy.next(20_100, 0);
    policy.onConnected(21_000);
    expect(policy.next(22_000, 0)).toBe(1200);
    policy.onConnected(23_000);
    expect(policy.next(40_000, 0)).toBe(0);
  });
});

describe('publishableSources', () => {
  const joined = (can_publish: boolean, can_publish_sources: string[]) =>
    publishableSources({ can_publish, can_subscribe: true, can_publish_sources });

  it('takes an empty list for every source, unless publishing is not allowed at all', () => {
    expect(joined(true, [])).toBeUndefined();
    expect(joined(true, ['microphone'])).toEqual(['microphone']);
    expect(joined(false, [])).toEqual([]);
    expect(joined(false, ['microphone'])).toEqual([]);
  });
});

describe('ReportSchedule', () => {
  it('reports within the interval of the first byte, and not while nothing comes', () => {
    const schedule = new ReportSchedule(50);
    expect(schedule.poll(1000)).toBe(false);
    schedule.onReceived(10, 1000);
    schedule.onReceived(10, 1040);
    expect(schedule.dueMs).toBe(1050);
    expect(schedule.poll(1049)).toBe(false);
    expect(schedule.poll(1050)).toBe(true);
    expect(schedule.receivedBytes).toBe(20);
    expect(schedule.poll(2000)).toBe(false);
  });

  it('keeps to an interval that the server asks for, from the next report on', () => {
    const schedule = new ReportSchedule(50);
    schedule.onReceived(10, 1000);
    schedule.setInterval(250);
    expect(schedule.poll(1050)).toBe(true);
    schedule.onReceived(10, 1060);
    expect(schedule.dueMs).toBe(1310);
  });
});

describe('RunningClock', () => {
  it('runs with the other while it is asked often, and stands while it is not', () => {
    const clock = new RunningClock();
    const startMs = clock.at(1000);
    for (let now = 1000; now <= 2000; now += 35) clock.at(now);
    expect(clock.at(2000) - startMs).toBe(1000);
    expect(clock.at(2500) - startMs).toBe(1020);
    expect(clock.at(2520) - startMs).toBe(1040);
  });
});

describe('CaptureClock', () => {
  it('maps by the shortest way and never backwards', () => {
    const clock = new CaptureClock();
    expect(clock.map(1_000_000, 50_008_000)).toBe(50_008_000);
    expect(clock.map(1_033_000, 50_035_000)).toBe(50_035_000);
    expect(clock.map(1_066_000, 50_090_000)).toBe(50_068_000);
    expect(clock.map(1_066_000, 50_090_000)).toBe(50_068_001);
  });

  it('takes a new clock when the source has one', () => {
    const clock = new CaptureClock();
    clock.map(9_000_000_000, 50_000_000);
    expect(clock.map(1000, 50_033_000)).toBe(50_033_000);
  });
});

describe('AudioPacketizer', () => {
  it('makes 20 ms of any pieces, with the time of the first sample', () => {
    for (const piece of [128, 441, 480, 960, 2000]) {
      const packetizer = new AudioPacketizer(48_000);
      const blocks = [];
      for (let at = 0; at < 48_000; at += piece) {
        const samples = Float32Array.from({ length: piece }, (_, i) => at + i);
        blocks.push(...packetizer.push(samples, (at / 48_000) * 1e6));
      }
      expect(blocks.length).toBeGreaterThanOrEqual(50);
      blocks.forEach(({ samples, captureTimeUs }, index) => {
        expect(samples[0]).toBe(index * 960);
        expect(samples[959]).toBe(index * 960 + 959);
        expect(captureTimeUs).toBe(index * 20_000);
      });
    }
  });
});

describe('audioLevel', () => {
  it('is that of RFC 6464', () => {
    expect(audioLevel(new Float32Array(960))).toBe(127);
    expect(audioLevel(new Float32Array(960).fill(1))).toBe(0);
    expect(audioLevel(new Float32Array(960).fill(0.1))).toBe(20);
  });
});

describe('SilenceGate', () => {
  const quiet = (gate: SilenceGate, packets: number): number => {
    let sent = 0;
    for (let n = 0; n < packets; n++) sent += gate.passes(127) ? 1 : 0;
    return sent;
  };

  it('leaves silence out after 300 ms, and nothing of a word nor between words', () => {
    const gate = new SilenceGate(60);
    expect(quiet(gate, 500)).toBe(15);
    for (let word = 0; word < 5; word++) {
      expect(gate.passes(59)).toBe(true);
      expect(quiet(gate, 10)).toBe(10);
    }
    expect(gate.passes(0)).toBe(true);
    expect(quiet(gate, 500)).toBe(15);
  });
});

describe('ActiveSpeakers', () => {
  it('finds who speaks, not who coughs', () => {
    const speakers = new ActiveSpeakers();
    for (let now = 0; now < 2000; now += 100) {
      speakers.update('ada', 25, now);
      speakers.update('bo', now === 1000 ? 10 : 90, now);
      speakers.update('cy', 35, now);
    }
    expect(speakers.speaking()).toEqual(['ada', 'cy']);
    for (let now = 2000; now < 3500; now += 100) speakers.update('ada', 127, now);
    expect(speakers.speaking()).toEqual(['cy']);
    expect(speakers.level('ada')).toBe(0);
  });
});

describe('fitPicture', () => {
  it('keeps the shape, within the pixels of the limit, even, and never larger', () => {
    const limit = { width: 640, height: 360 };
    expect(fitPicture({ width: 1280, height: 720 }, limit)).toEqual({ width: 640, height: 360 });
    expect(fitPicture({ width: 720, height: 1280 }, limit)).toEqual({ width: 360, height: 640 });
    expect(fitPicture({ width: 320, height: 240 }, limit)).toEqual({ width: 320, height: 240 });
    for (let width = 2; width < 4000; width += 37) {
      for (let height = 2; height < 3000; height += 91) {
        const fit = fitPicture({ width, height }, limit);
        expect(fit.width * fit.height).toBeLessThanOrEqual(640 * 360);
        expect(fit.width % 2 + (fit.height % 2)).toBe(0);
      }
    }
  });
});

describe('PicturePacer', () => {
  it('halves 60 a second evenly and lets 30 through as they are', () => {
    const next = Array.from({ length: 600 }, (_, i) => i);
    const pacer = new PicturePacer(30);
    expect(next.filter((i) => pacer.wants((i * 1000) / 60)).length).toBeCloseTo(300, -1);
    const same = new PicturePacer(30);
    const jitter = (i: number): number => (i * 1000) / 30 + ((i * 7) % 10);
    expect(next.filter((i) => same.wants(jitter(i))).length).toBeGreaterThan(590);
  });
});

describe('parseServerMessage', () => {
  it('ignores what it does not know, unless that is required', () => {
    expect(parseServerMessage('{"type":"report","received_bytes":1,"new":2}')).toMatchObject({ ok: true });
    const required = '{"type":"report","received_bytes":1,"new":2,"required":["new"]}';
    expect(parseServerMessage(required)).toMatchObject({ ok: false, problem: 'invalid' });
    expect(parseServerMessage('{"type":"later"}')).toMatchObject({ ok: false, problem: 'unknown' });
  });

  it('reads which encodings are wanted', () => {
    const text = '{"type":"demand","track":"TR_1","encodings":[0,2]}';
    expect(parseServerMessage(text)).toMatchObject({ ok: true, message: { encodings: [0, 2] } });
    const beyond = '{"type":"demand","track":"TR_1","encodings":[16]}';
    expect(parseServerMessage(beyond)).toMatchObject({ ok: false, problem: 'invalid' });
  });

  it('refuses what is missing or mistyped, and never throws', () => {
    for (const text of ['', '[]', 'null', '{"type":1}', '{"type":"report"}',
      '{"type":"report","received_bytes":-1}', '{"type":"joined","room":"x"}',
      '{"type":"track_published","participant":"PA","track":{"track":"TR","handle":70000}}']) {
      expect(parseServerMessage(text)).toMatchObject({ ok: false, problem: 'invalid' });
    }
  });
});
