// The native command and the browser in one room, either way round.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeCells, kCells } from './barcode.mjs';
import { MeetingPage } from './meeting_page.mjs';
import { kServer, SluiceServer } from './sluice_server.mjs';

const kClient = process.env.SLUICE_CLIENT ?? join(dirname(kServer), 'sluice');
const kAda = { name: 'Ada', sender: 11, hertz: 600 };
const kRobo = { name: 'Robo', sender: 33, hertz: 800 };
const kRecordedSeconds = 8;

/** Runs a program to its end; its output as a buffer, and what it said. */
function run(program, ...options) {
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  let said = '';
  child.stdout.on('data', (data) => output.push(data));
  child.stderr.on('data', (data) => (said += data));
  const ended = new Promise((end, failed) => {
    child.once('error', failed);
    child.once('close', (code) => end({ code, output: Buffer.concat(output), said }));
  });
  return { ended, stop: () => child.kill('SIGINT') };
}

describe(
  'the native command and the browser',
  { timeout: 300_000, skip: existsSync(kClient) ? false : `${kClient} is not built` },
  () => {
    let server;
    let ada;
    let folder;

    before(async () => {
      server = await SluiceServer.start();
      ada = await MeetingPage.open(kAda);
      await ada.join(server, 'native');
      folder = await mkdtemp(join(tmpdir(), 'sluice-native-'));
    });

    after(async () => {
      await ada?.close();
      await server?.stop();
      if (folder) await rm(folder, { recursive: true });
    });

    test('the browser sees and hears what `sluice publish` sends', async (t) => {
      const publisher = run(
        kClient, 'publish', `tcp://127.0.0.1:${server.port}`, '--room', 'native',
        '--name', kRobo.name, '--synthetic', '--size', '640x360',
        '--barcode', String(kRobo.sender), '--tone', String(kRobo.hertz),
      );
      try {
        const figures = await ada.watchUntil(kRobo.name, { fps: 15, sender: kRobo.sender });
        t.diagnostic(JSON.stringify(figures));
        assert.equal(figures.sender, kRobo.sender);
        assert.ok(figures.fps >= 15, `${figures.fps} pictures a second`);
        const sound = await ada.listenFor(kRobo.hertz);
        assert.ok(Math.abs(sound.hertz - kRobo.hertz) < 15, `${sound.hertz} Hz`);
        await ada.screenshot('native-publisher');
      } finally {
        publisher.stop();
        await publisher.ended;
      }
      await ada.tile(kRobo.name).waitFor({ state: 'detached' });
    });

    test('`sluice watch` records what the browser sends, and it decodes without an error', async (t) => {
      const file = join(folder, 'ada.webm');
      const watcher = await run(
        kClient, 'watch', `tcp://127.0.0.1:${server.port}`, '--room', 'native',
        '--participant', kAda.name, '--duration', `${kRecordedSeconds}s`, '--output', file,
      ).ended;
      assert.equal(watcher.code, 0, watcher.said);
      // In the recording's own time base: in that of its frame rate, which is the default, two
      // pictures that a busy camera took at short notice would have the same time.
      const decoded = await run(
        'ffmpeg', '-v', 'error', '-i', file, '-enc_time_base', '-1', '-f', 'null', '-',
      ).ended;
      assert.equal(decoded.said, '', 'ffmpeg has nothing to complain about');
      const strip = `crop=iw:ih/24:0:ih/48,scale=${kCells}:1:flags=area`;
      const { output } = await run(
        'ffmpeg', '-v', 'error', '-i', file, '-fps_mode', 'passthrough', '-vf', strip,
        '-pix_fmt', 'gray', '-f', 'rawvideo', '-',
      ).ended;
      const pictures = output.length / kCells;
      const read = Array.from({ length: pictures }, (_, picture) =>
        decodeCells([...output.subarray(picture * kCells, (picture + 1) * kCells)]),
      ).filter((found) => found !== undefined);
      t.diagnostic(`${pictures} pictures, ${read.length} with Ada's barcode`);
      assert.ok(pictures >= 15 * (kRecordedSeconds - 2), `${pictures} pictures`);
      assert.ok(read.length >= 0.9 * pictures);
      assert.ok(read.every(({ sender }) => sender === kAda.sender));
    });
  },
);
