// Sound on a connection of its own: it flows there, both ways, and goes on when that connection ends.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { BreakableLink } from './breakable_link.mjs';
import { kPatienceMs, MeetingPage } from './meeting_page.mjs';
import { SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 600 };
const kBo = { name: 'Bo', sender: 22, hertz: 1000 };
const kWithLanes = 'lanes?lanes=1';
/** 50 a second on an idle machine. */
const kSoundsPerSecondMin = 30;
/** Of sound that is lost with a lane 80 ms are made up, and fade; a tone of 0.1 is below this after more. */
const kSilentBelow = 0.005;
const kSilenceMostMs = 200;

/** Waits until `ask` answers with something true, and returns that. */
async function until(what, ask) {
  const deadline = Date.now() + kPatienceMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await wait(50);
  }
}

async function ask(server, path) {
  return (await fetch(`${server.adminUrl}${path}`)).text();
}

/** How many WebSockets the server has. */
async function connections(server) {
  const [, count] = /^sluice_connections{transport="websocket",tls="no"} (\d+)/m.exec(await ask(server, '/metrics'));
  return Number(count);
}

/** Frames that the server has sent on each connection, by session: the server gives them in any order. */
async function framesSent(server) {
  const { sessions } = JSON.parse(await ask(server, '/flight'));
  return new Map(
    sessions.map(({ session, audio, video }) => [session, { audio: audio.frames_sent, video: video.frames_sent }]),
  );
}

const laneOpen = (page) => until(`a lane of ${page.person.name}`, async () => (await page.stats()).laneOpen);

describe('a call with lanes', { timeout: 600_000 }, () => {
  let server;
  let ada;
  let bo;
  let adaLink;
  let boLink;

  before(async () => {
    server = await SluiceServer.start(['--lanes']);
    [adaLink, boLink] = await Promise.all([BreakableLink.to(server.port), BreakableLink.to(server.port)]);
    [ada, bo] = await Promise.all([MeetingPage.open(kAda), MeetingPage.open(kBo)]);
    await ada.join({ url: adaLink.url }, kWithLanes);
    await bo.join({ url: boLink.url }, kWithLanes);
    await Promise.all([laneOpen(ada), laneOpen(bo)]);
  });

  after(async () => {
    await ada?.close();
    await bo?.close();
    adaLink?.close();
    boLink?.close();
    assert.equal(await server?.stop(), 0, 'the server ends in order');
  });

  /** Longest time without the other's tone, while `happens` happens. */
  const longestSilence = async (page, ms, happens) => {
    const loudness = page.tab.evaluate((duration) => window.sluiceProbe.watchLoudness(duration), ms);
    await wait(1000);
    await happens();
    const readings = await loudness;
    let longestMs = 0;
    let heardMs = readings[0].atMs;
    for (const { atMs, rms } of readings) {
      if (rms < kSilentBelow) continue;
      longestMs = Math.max(longestMs, atMs - heardMs);
      heardMs = atMs;
    }
    return Math.max(longestMs, readings.at(-1).atMs - heardMs);
  };

  test('sound takes the lane, both ways, and pictures do not', async (t) => {
    for (const [viewer, seen] of [[ada, kBo], [bo, kAda]]) {
      const sound = await viewer.listenFor(seen.hertz);
      assert.ok(Math.abs(sound.hertz - seen.hertz) < 15, `${sound.hertz} Hz`);
      await viewer.watchUntil(seen.name, { fps: 10, sender: seen.sender });
    }
    assert.equal(await connections(server), 4);
    const sentUp = () => [adaLink, boLink].map(({ webSockets }) => webSockets.at(-1).near.bytesRead);
    const [framesBefore, bytesBefore] = [await framesSent(server), sentUp()];
    const seconds = 3;
    await wait(seconds * 1000);
    const framesAfter = await framesSent(server);
    const sent = [...framesAfter].map(([session, { audio, video }]) => ({
      session,
      audio: audio - framesBefore.get(session).audio,
      video: video - framesBefore.get(session).video,
    }));
    t.diagnostic(JSON.stringify([...sent]));
    const lanes = sent.filter(({ audio }) => audio > 0);
    assert.equal(lanes.length, 2, 'sound goes to each over one connection');
    for (const { audio, video } of lanes) {
      assert.ok(audio > kSoundsPerSecondMin * seconds, `${audio} sounds`);
      assert.equal(video, 0, 'no picture goes over a lane');
    }
    assert.equal(sent.filter(({ video }) => video > 0).length, 2);
    sentUp().forEach((bytes, index) => {
      const bps = ((bytes - bytesBefore[index]) * 8) / seconds;
      t.diagnostic(`up a lane: ${Math.round(bps)} bit/s`);
      assert.ok(bps > 20_000 && bps < 100_000, 'a lane carries sound up, and only that');
    });
  });

  for (const [whose, link] of [['the listener', () => adaLink], ['the speaker', () => boLink]]) {
    test(`sound goes on when the lane of ${whose} is cut, and a lane comes back`, async (t) => {
      const concealed = async () => {
        const { remote } = await ada.stats();
        const { concealedShare, playedSeconds } = remote.find(({ source }) => source === 'microphone');
        return concealedShare * playedSeconds;
      };
      const before = await concealed();
      const lane = link().webSockets.at(-1);
      const silenceMs = await longestSilence(ada, 3000, () => link().cut(lane));
      await ada.tab.waitForTimeout(1100);
      const madeUpMs = ((await concealed()) - before) * 1000;
      t.diagnostic(`silent for ${Math.round(silenceMs)} ms, ${Math.round(madeUpMs)} ms made up`);
      assert.ok(silenceMs < kSilenceMostMs, `${silenceMs} ms without sound`);
      await Promise.all([laneOpen(ada), laneOpen(bo)]);
      await until('four connections', async () => (await connections(server)) === 4);
      assert.notEqual(link().webSockets.at(-1), lane);
      assert.equal((await ada.stats()).reconnects, 0, 'the meeting itself was not touched');
    });
  }

  test('who lost both connections comes back with both', async () => {
    adaLink.break();
    await until('another start', async () => (await ada.stats()).reconnects === 1);
    await laneOpen(ada);
    await until('four connections', async () => {
      adaLink.dropBroken();
      return (await connections(server)) === 4;
    });
    assert.ok(Math.abs((await ada.listenFor(kBo.hertz)).hertz - kBo.hertz) < 15);
    assert.ok(Math.abs((await bo.listenFor(kAda.hertz)).hertz - kAda.hertz) < 15);
    const seen = await ada.watchUntil('Bo', { fps: 10, sender: kBo.sender });
    assert.equal(seen.sender, kBo.sender);
  });

  test('the lane ends with the meeting', async () => {
    await bo.by('leave-button').click();
    await until('two connections', async () => (await connections(server)) === 2);
    await until('word of it', async () => !(await bo.stats()).laneOpen);
  });

  test('no page complained, but of connections that were cut', () => {
    const others = [...ada.complaints, ...bo.complaints].filter((each) => !/WebSocket/.test(each));
    assert.deepEqual(others, []);
  });
});

for (const [what, options, room] of [
  ['the page does not ask for it', ['--lanes'], 'lanes'],
  ['the server has none', [], kWithLanes],
]) {
  test(`without a lane since ${what}, sound takes the one connection`, { timeout: 300_000 }, async () => {
    const server = await SluiceServer.start(options);
    const [ada, bo] = await Promise.all([MeetingPage.open(kAda), MeetingPage.open(kBo)]);
    try {
      await ada.join(server, room);
      await bo.joinAsViewer(server.url, room);
      assert.ok(Math.abs((await bo.listenFor(kAda.hertz)).hertz - kAda.hertz) < 15);
      await bo.watchUntil('Ada', { fps: 10, sender: kAda.sender });
      const sent = await framesSent(server);
      assert.equal(sent.size, 2, 'one connection each');
      assert.ok([...sent.values()].some(({ audio, video }) => audio > 0 && video > 0), JSON.stringify([...sent]));
      assert.equal((await bo.stats()).laneOpen, false);
      assert.deepEqual([...ada.complaints, ...bo.complaints], []);
    } finally {
      await ada.close();
      await bo.close();
      await server.stop();
    }
  });
}
