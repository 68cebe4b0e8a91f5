// A phone-sized window shows the same meeting, and everything can be reached.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MeetingPage } from './meeting_page.mjs';
import { SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 600 };
const kBo = { name: 'Bo', sender: 22, hertz: 1000 };

describe('a meeting in a phone-sized window', { timeout: 300_000 }, () => {
  let server;
  let phone;
  let bo;

  before(async () => {
    server = await SluiceServer.start();
    [phone, bo] = await Promise.all([
      MeetingPage.open(kAda, { viewport: { width: 390, height: 844 }, mobile: true }),
      MeetingPage.open(kBo),
    ]);
    await phone.tab.goto(`${server.url}/r/phone`);
    await phone.by('join-button').waitFor();
    await phone.screenshot('phone-prejoin');
    await phone.join(server, 'phone');
    await bo.join(server, 'phone');
  });

  after(async () => {
    await phone?.close();
    await bo?.close();
    await server?.stop();
  });

  test('the picture moves', async (t) => {
    const figures = await phone.watchUntil('Bo', { fps: 15, sender: kBo.sender });
    t.diagnostic(JSON.stringify(figures));
    assert.equal(figures.sender, kBo.sender);
    assert.ok(figures.fps >= 15, `${figures.fps} pictures a second`);
  });

  for (const [name, viewport] of [
    ['upright', { width: 390, height: 844 }],
    ['lying', { width: 844, height: 390 }],
  ]) {
    test(`nothing hangs over the edge, ${name}`, async () => {
      await phone.tab.setViewportSize(viewport);
      for (const id of ['mic-toggle', 'camera-toggle', 'leave-button']) {
        const box = await phone.by(id).boundingBox();
        assert.ok(box, `${id} is shown`);
        assert.ok(box.x >= 0 && box.x + box.width <= viewport.width, `${id} is inside`);
        assert.ok(box.y >= 0 && box.y + box.height <= viewport.height, `${id} is inside`);
        assert.ok(box.width >= 40 && box.height >= 40, `${id} is large enough for a finger`);
      }
      const overhang = await phone.tab.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(overhang <= 0, `the page is ${overhang} pixels too wide`);
      await phone.screenshot(`phone-${name}`);
    });
  }
});
