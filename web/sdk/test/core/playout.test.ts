import { describe, expect, it } from 'vitest';
import { AudioJitterBuffer } from '../../src/core/audio_jitter_buffer.js';
import { AudioPacketRing } from '../../src/core/audio_packet_ring.js';
import { syncOffsets } from '../../src/core/av_sync.js';
import { FreezeMeter } from '../../src/core/freeze_meter.js';
import { VideoPlayoutQueue } from '../../src/core/video_playout_queue.js';
import { random } from './frames.js';

const kRate = 48_000;
const kQuantum = 128;

function packet(frame: number, captureMs: number) {
  const samples = new Float32Array(960);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = 0.5 * Math.sin(2 * Math.PI * 200 * (captureMs / 1000 + i / kRate));
  }
  return { frame, captureMs, samples };
}

/** Plays packets that arrive `delayMs(n)` after capture (none: lost); gives back all samples. */
function play(count: number, delayMs: (n: number) => number | undefined) {
  const buffer = new AudioJitterBuffer(kRate);
  const arrivals: { n: number; atMs: number }[] = [];
  let lastMs = 0;
  for (let n = 0; n < count; n++) {
    const delay = delayMs(n);
    if (delay === undefined) continue;
    // One connection keeps order.
    lastMs = Math.max(lastMs, (n + 1) * 20 + delay);
    arrivals.push({ n, atMs: lastMs });
  }
  const heard: number[] = [];
  const offsets: number[] = [];
  const out = new Float32Array(kQuantum);
  for (let now = 0; now < count * 20; now += (kQuantum / kRate) * 1000) {
    while (arrivals[0] && arrivals[0].atMs <= now) {
      const { n } = arrivals.shift()!;
      buffer.push(packet(n, n * 20), now);
    }
    buffer.pull(out, now);
    heard.push(...out);
    const { offsetMs } = buffer.status(now);
    if (offsetMs !== undefined) offsets.push(offsetMs);
  }
  return { heard, offsets, status: buffer.status(count * 20), buffer };
}

/** The largest step between neighbouring samples: a click is near 1. */
function roughness(samples: number[]): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs(samples[i]! - samples[i - 1]!));
  }
  return largest;
}

describe('AudioJitterBuffer', () => {
  it('plays a steady stream without a gap, a click or much delay', () => {
    const { status, heard } = play(500, () => 5);
    expect(status.samplesConcealed).toBe(0);
    expect(status.packetsLate).toBe(0);
    expect(status.offsetMs! - status.baseMs).toBeLessThan(60);
    expect(roughness(heard.slice(kRate))).toBeLessThan(0.05);
  });

  it('grows with jitter so that next to nothing is concealed', () => {
    const next = random(3);
    const { status } = play(1000, () => 5 + next() * 60);
    expect(status.samplesConcealed / status.samplesPlayed).toBeLessThan(0.01);
    expect(status.targetMs).toBeGreaterThan(50);
  });

  it('shrinks again, without clicks, when the jitter is over', () => {
    const next = random(4);
    const { status, heard } = play(2000, (n) => (n < 500 ? 5 + next() * 80 : 5));
    expect(status.offsetMs! - status.baseMs).toBeLessThan(80);
    expect(roughness(heard.slice(-10 * kRate))).toBeLessThan(0.12);
  });

  it('conceals single lost packets without a click', () => {
    const { status, heard } = play(500, (n) => (n % 50 === 25 ? undefined : 5));
    const lost = 9;
    expect(status.samplesConcealed / 960).toBeGreaterThan(lost - 1);
    expect(status.samplesConcealed / 960).toBeLessThan(lost + 4);
    expect(roughness(heard.slice(kRate))).toBeLessThan(0.15);
  });

  it('is live again soon after the link stood still for two seconds', () => {
    const { status, offsets } = play(500, (n) => (n >= 200 && n < 300 ? 5 + (300 - n) * 20 : 5));
    expect(offsets.at(-1)! - status.baseMs).toBeLessThan(150);
    expect(status.packetsLate).toBeGreaterThan(50);
  });

  it('goes on when the sound card lost half a second', () => {
    const buffer = new AudioJitterBuffer(kRate);
    const out = new Float32Array(kQuantum);
    let concealedBefore = 0;
    let n = 0;
    for (let step = 0; step < 4000; step++) {
      const now = step * (kQuantum / kRate) * 1000 + (step > 1500 ? 500 : 0);
      const captured = step * (kQuantum / kRate) * 1000;
      if (n * 20 <= captured) buffer.push(packet(n, n++ * 20), now);
      buffer.pull(out, now);
      if (step === 3000) concealedBefore = buffer.status(now).samplesConcealed;
    }
    const { samplesConcealed, packetsPlayed } = buffer.status(0);
    expect(samplesConcealed - concealedBefore).toBe(0);
    expect(packetsPlayed).toBeGreaterThan(450);
  });

  it('waits for pictures that are later', () => {
    const buffer = new AudioJitterBuffer(kRate);
    const out = new Float32Array(kQuantum);
    buffer.setMinOffset(120);
    let n = 0;
    for (let step = 0; step < 4000; step++) {
      const now = step * (kQuantum / kRate) * 1000;
      if (n * 20 <= now) buffer.push(packet(n, n++ * 20), now);
      buffer.pull(out, now);
    }
    const { offsetMs } = buffer.status(4000 * (kQuantum / kRate) * 1000);
    expect(offsetMs!).toBeGreaterThan(100);
    expect(offsetMs!).toBeLessThan(145);
  });

  it('does not count a pause of the sender as loss', () => {
    const buffer = new AudioJitterBuffer(kRate);
    const out = new Float32Array(kQuantum);
    let n = 0;
    let frame = 0;
    for (let step = 0; step < 3000; step++) {
      const now = step * (kQuantum / kRate) * 1000;
      const due = n * 20 <= now;
      const paused = n >= 100 && n < 150;
      if (due && !paused) buffer.push(packet(frame++, n * 20), now);
      if (due) n++;
      buffer.pull(out, now);
    }
    expect(buffer.status(8000).samplesConcealed / kRate).toBeLessThan(0.1);
  });
});

describe('what counts as made up', () => {
  const silent = (n: number): boolean => n >= 100 && n < 150;

  it('is silence where sound was lost', () => {
    const { status } = play(300, (n) => (silent(n) ? undefined : 5));
    const seconds = status.samplesConcealed / kRate;
    expect(seconds).toBeGreaterThan(0.9);
    expect(seconds).toBeLessThan(1.15);
  });

  it('is silence where sound came late', () => {
    const { status } = play(300, (n) => (silent(n) ? 20 * (150 - n) : 5));
    expect(status.samplesConcealed / kRate).toBeGreaterThan(0.7);
  });

  it('is not the sender being silent', () => {
    const buffer = new AudioJitterBuffer(kRate);
    const out = new Float32Array(kQuantum);
    let frame = 0;
    for (let now = 0, next = 0; now < 8000; now += (kQuantum / kRate) * 1000) {
      for (; next <= now; next += 20) {
        // From the second to the fifth second nothing is captured; frame numbers go on without a gap.
        if (next < 2000 || next >= 5000) buffer.push(packet(frame++, next), now);
      }
      buffer.pull(out, now);
    }
    expect(buffer.status(8000).samplesConcealed / kRate).toBeLessThan(0.03);
  });

  it('is not a short pause of the sender either, which makes nothing later', () => {
    const buffer = new AudioJitterBuffer(kRate);
    const out = new Float32Array(kQuantum);
    let frame = 0;
    let offsetMs = 0;
    for (let now = 0, next = 0; now < 8000; now += (kQuantum / kRate) * 1000) {
      for (; next <= now; next += 20) {
        if (next % 500 >= 60) buffer.push(packet(frame++, next), now);
      }
      buffer.pull(out, now);
      const status = buffer.status(now);
      if (status.offsetMs !== undefined && now > 1000) offsetMs = Math.max(offsetMs, status.offsetMs);
    }
    expect(buffer.status(8000).samplesConcealed / kRate).toBeLessThan(0.03);
    expect(offsetMs).toBeLessThan(110);
  });
});

describe('AudioPacketRing', () => {
  it('gives packets back in order and refuses when full', () => {
    const shared = new ArrayBuffer(AudioPacketRing.byteLength);
    const writer = new AudioPacketRing(shared);
    const reader = new AudioPacketRing(shared);
    for (let round = 0; round < 5; round++) {
      let written = 0;
      while (writer.write(packet(round * 100 + written, written * 20))) written++;
      expect(written).toBe(32);
      for (let n = 0; n < written; n++) {
        expect(reader.read()).toEqual(packet(round * 100 + n, n * 20));
      }
      expect(reader.read()).toBeUndefined();
    }
    expect(writer.write({ frame: 0, captureMs: 0, samples: new Float32Array(2881) })).toBe(false);
  });
});

describe('VideoPlayoutQueue', () => {
  it('shows evenly what arrives unevenly', () => {
    const next = random(5);
    const queue = new VideoPlayoutQueue<number>();
    const arrivals: { captureMs: number; atMs: number }[] = [];
    let lastMs = 0;
    for (let n = 0; n < 600; n++) {
      lastMs = Math.max(lastMs, (n * 1000) / 30 + 20 + next() * 40);
      arrivals.push({ captureMs: (n * 1000) / 30, atMs: lastMs });
    }
    const shown: { captureMs: number; atMs: number }[] = [];
    for (let now = 0; now < 20_000; now++) {
      while (arrivals[0] && arrivals[0].atMs <= now) {
        const { captureMs } = arrivals.shift()!;
        queue.arrived(captureMs, now);
        queue.push({ picture: 0, captureMs });
      }
      const due = queue.take(now, queue.ownOffsetMs ?? 0);
      if (due) shown.push({ captureMs: due.show.captureMs, atMs: now });
    }
    const gaps = shown.slice(-300).map(({ atMs }, i, all) => (i === 0 ? 33 : atMs - all[i - 1]!.atMs));
    expect(shown.length).toBeGreaterThan(560);
    expect(gaps.filter((gap) => gap < 25 || gap > 42).length).toBeLessThan(15);
  });

  it('shows only the newest of a burst, and gives the others back', () => {
    const queue = new VideoPlayoutQueue<number>();
    for (let n = 0; n < 5; n++) {
      queue.arrived(n * 33, 1000);
      queue.push({ picture: n, captureMs: n * 33 });
    }
    const due = queue.take(2000, queue.ownOffsetMs!)!;
    expect(due.show.picture).toBe(4);
    expect(due.overtaken.map(({ picture }) => picture)).toEqual([0, 1, 2, 3]);
  });

  it('never holds more than sixteen pictures', () => {
    const queue = new VideoPlayoutQueue<number>();
    for (let n = 0; n < 40; n++) queue.push({ picture: n, captureMs: 1e6 + n });
    const due = queue.take(0, 0)!;
    expect(due.overtaken.length + 1).toBe(24);
  });
});

describe('a change of encoding', () => {
  it('never shows a picture from before the one on the screen, and keeps the rest in order', () => {
    const queue = new VideoPlayoutQueue<string>();
    queue.push({ picture: 'old 1', captureMs: 1000 });
    expect(queue.take(1050, 50)?.show.picture).toBe('old 1');
    queue.push({ picture: 'old 3', captureMs: 1066 });
    expect(queue.push({ picture: 'new 0', captureMs: 967 })).toBe(false);
    expect(queue.push({ picture: 'new 1', captureMs: 1000 })).toBe(false);
    expect(queue.push({ picture: 'new 2', captureMs: 1033 })).toBe(true);
    expect(queue.take(1090, 50)?.show.picture).toBe('new 2');
    expect(queue.take(1120, 50)?.show.picture).toBe('old 3');
    // Another clock.
    expect(queue.push({ picture: 'far back', captureMs: -20_000 })).toBe(true);
  });
});

describe('syncOffsets', () => {
  it('keeps both within what is noticed, whoever is later', () => {
    for (const video of [0, 40, 120, 300]) {
      for (const audio of [0, 50, 150, 350]) {
        const { videoMs, audioMinMs } = syncOffsets(video, audio);
        const lag = videoMs - Math.max(audio, audioMinMs);
        expect(Math.abs(lag)).toBeLessThanOrEqual(45);
      }
    }
  });

  it('does not wait for one that is seconds behind', () => {
    expect(syncOffsets(50, 3000).videoMs).toBe(50);
    expect(syncOffsets(3000, 50).audioMinMs).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('FreezeMeter', () => {
  it('counts rate and standing still', () => {
    const meter = new FreezeMeter();
    for (let now = 0; now <= 3000; now += 33.3) meter.shown(now);
    expect(meter.fps(3000)).toBeCloseTo(30, 0);
    expect(meter.frozenSeconds(3000)).toBe(0);
    meter.shown(4000);
    expect(meter.frozenSeconds(4000)).toBeCloseTo(1, 1);
    meter.pause();
    meter.shown(9000);
    expect(meter.frozenSeconds(9000)).toBeCloseTo(1, 1);
  });
});
