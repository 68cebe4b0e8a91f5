// Two people, each in a browser of their own, in one room: proved from decoded pixels and samples.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MeetingPage } from './meeting_page.mjs';
import { SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 600 };
const kBo = { name: 'Bo', sender: 22, hertz: 1000 };
/** On an idle machine it is 30. */
const kFpsMin = 15;
const kScreenFpsMin = 4;

for (const [transport, options] of [
  ['plain', []],
  ['tls', ['--tls-self-signed']],
]) {
  describe(`a call of two browsers, ${transport}`, { timeout: 600_000 }, () => {
    let server;
    let ada;
    let bo;

    before(async () => {
      server = await SluiceServer.start(options);
      [ada, bo] = await Promise.all([MeetingPage.open(kAda), MeetingPage.open(kBo)]);
      await ada.join(server, 'demo');
      await bo.join(server, 'demo');
    });

    after(async () => {
      await ada?.close();
      await bo?.close();
      assert.equal(await server?.stop(), 0, 'the server ends in order');
    });

    test('each sees the moving picture of the other', async (t) => {
      for (const [viewer, seen] of [[ada, kBo], [bo, kAda]]) {
        const figures = await viewer.watchUntil(seen.name, { fps: kFpsMin, sender: seen.sender });
        t.diagnostic(`${viewer.person.name} sees ${JSON.stringify(figures)}`);
        assert.equal(figures.sender, seen.sender);
        assert.ok(figures.fps >= kFpsMin, `${figures.fps} pictures a second`);
        assert.ok(figures.valid >= 0.9, `${figures.valid} of the pictures are whole`);
        assert.equal(figures.backwards, 0, 'no old picture after a newer one');
      }
    });

    test('each hears the tone of the other', async (t) => {
      for (const [listener, heard] of [[ada, kBo], [bo, kAda]]) {
        const sound = await listener.listenFor(heard.hertz);
        t.diagnostic(`${listener.person.name} hears ${JSON.stringify(sound)}`);
        assert.ok(Math.abs(sound.hertz - heard.hertz) < 15, `${sound.hertz} Hz`);
        assert.ok(sound.rms > 0.01, `level ${sound.rms}`);
      }
      await ada.screenshot(`call-${transport}`);
    });

    test('a muted microphone is silent and shown as muted', async () => {
      await bo.by('mic-toggle').click();
      await ada.tile('Bo').and(ada.tab.locator('[data-muted="true"]')).waitFor();
      assert.ok((await ada.listenForSilence()).rms < 0.001);
      await bo.by('mic-toggle').click();
      await ada.tile('Bo').and(ada.tab.locator('[data-muted="false"]')).waitFor();
      const sound = await ada.listenFor(kBo.hertz);
      assert.ok(Math.abs(sound.hertz - kBo.hertz) < 15, `${sound.hertz} Hz`);
    });

    test('a camera that is off is shown so, and comes back', async () => {
      await bo.by('camera-toggle').click();
      await ada.tile('Bo').and(ada.tab.locator('[data-camera="off"]')).waitFor();
      await ada.screenshot(`camera-off-${transport}`);
      await bo.by('camera-toggle').click();
      await ada.tile('Bo').and(ada.tab.locator('[data-camera="on"]')).waitFor();
      const figures = await ada.watchUntil('Bo', { fps: kFpsMin, sender: kBo.sender });
      assert.equal(figures.sender, kBo.sender);
      assert.ok(figures.fps >= kFpsMin, `${figures.fps} pictures a second`);
    });

    test('a shared screen is seen until sharing stops', async (t) => {
      await bo.by('screen-toggle').click();
      const wanted = { fps: kScreenFpsMin, sender: kBo.sender + 100, kind: 'screen-tile' };
      const figures = await ada.watchUntil('Bo', wanted);
      t.diagnostic(`Ada sees the screen ${JSON.stringify(figures)}`);
      assert.equal(figures.sender, kBo.sender + 100);
      assert.ok(figures.fps >= kScreenFpsMin, `${figures.fps} pictures a second`);
      await ada.screenshot(`screen-share-${transport}`);
      await bo.by('screen-toggle').click();
      await ada.tile('Bo', 'screen-tile').waitFor({ state: 'detached' });
    });

    test('leaving is seen, and rejoining brings picture and sound back', async () => {
      await bo.by('leave-button').click();
      await bo.by('left-page').waitFor();
      await ada.tile('Bo').waitFor({ state: 'detached' });
      await bo.screenshot(`left-${transport}`);
      await bo.join(server, 'demo');
      const figures = await ada.watchUntil('Bo', { fps: kFpsMin, sender: kBo.sender });
      assert.equal(figures.sender, kBo.sender);
      assert.ok(figures.fps >= kFpsMin, `${figures.fps} pictures a second`);
      const back = await bo.watchUntil('Ada', { fps: kFpsMin, sender: kAda.sender });
      assert.ok(back.fps >= kFpsMin, `${back.fps} pictures a second`);
      assert.ok((await ada.listenFor(kBo.hertz)).rms > 0.01);
    });

    test('statistics say what was seen', async (t) => {
      const { remote, local } = await ada.stats();
      t.diagnostic(JSON.stringify(remote));
      const camera = remote.find(({ source }) => source === 'camera');
      assert.ok(camera.fps >= kFpsMin / 2);
      assert.equal(camera.framesUndecodable, 0, 'the server sent nothing that cannot be decoded');
      assert.ok(local.some(({ source, framesSent }) => source === 'camera' && framesSent > 0));
    });

    test('no page complained', () => {
      assert.deepEqual([...ada.complaints, ...bo.complaints], []);
    });
  });
}

test('who is in comes back when the server was restarted', { timeout: 300_000 }, async () => {
  let server = await SluiceServer.start();
  const { port } = server;
  const [ada, bo] = await Promise.all([MeetingPage.open(kAda), MeetingPage.open(kBo)]);
  try {
    await ada.join(server, 'outage');
    await bo.join(server, 'outage');
    await ada.watchUntil('Bo', { fps: kFpsMin, sender: kBo.sender });
    await server.stop();
    const banner = ada.by('reconnecting-banner');
    await banner.waitFor();
    assert.match(await banner.innerText(), /server was stopped/, 'it said goodbye: no link was lost');
    assert.equal(await ada.tile('Bo').getByTestId('tile-hint').innerText(), 'Not live: the last picture');
    await ada.screenshot('reconnecting');
    server = await SluiceServer.start([], port);
    await Promise.all([ada.connected(), bo.connected()]);
    const figures = await ada.watchUntil('Bo', { fps: kFpsMin, sender: kBo.sender });
    assert.ok(figures.fps >= kFpsMin, `${figures.fps} pictures a second`);
    assert.ok((await ada.listenFor(kBo.hertz)).rms > 0.01);
    assert.equal(await ada.by('tile-hint').count(), 0, 'no picture is called old any more');
  } finally {
    await ada.close();
    await bo.close();
    await server.stop();
  }
});
