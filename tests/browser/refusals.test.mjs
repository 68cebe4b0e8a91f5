// What a person is told when something is missing: plain words, and a code for programs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BreakableLink } from './breakable_link.mjs';
import { joinToken } from './join_token.mjs';
import { MeetingPage } from './meeting_page.mjs';
import { SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 600 };
const kBo = { name: 'Bo', sender: 22, hertz: 1000 };
/** A camera that takes so long to open that the person is in the meeting before. */
const kLateCamera = `{
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await open(constraints);
    if (!constraints.video) return stream;
    while (window.sluice?.meeting.state !== 'connected') await new Promise((next) => setTimeout(next, 20));
    setTimeout(() => (window.sluiceCameraOpened = true));
    return stream;
  };
}`;

describe('what a person is told', { timeout: 300_000 }, () => {
  let server;

  before(async () => {
    server = await SluiceServer.start();
  });

  after(() => server?.stop());

  /** Opens the room's page under these conditions and gives back the panel's code and words. */
  async function panel(name, options, url = server.url) {
    const page = await MeetingPage.open(kAda, options);
    try {
      await page.tab.goto(`${url}/r/refusals`);
      const found = page.by('error-panel').first();
      await found.waitFor();
      await page.screenshot(name);
      return { code: await found.getAttribute('data-code'), words: await found.innerText() };
    } finally {
      await page.close();
    }
  }

  test('that camera and microphone were refused', async () => {
    const { code, words } = await panel('permission-denied', {
      permissions: [],
      browserArguments: ['--use-fake-ui-for-media-stream=deny'],
    });
    assert.equal(code, 'permission_denied');
    assert.match(words, /allow|block/i);
  });

  test('that the browser has no WebCodecs', async () => {
    const { code, words } = await panel('no-webcodecs', {
      prepare: 'delete window.VideoDecoder; delete window.VideoEncoder; delete window.AudioDecoder;',
    });
    assert.equal(code, 'unsupported');
    assert.match(words, /browser/i);
  });

  test('that the browser cannot decode the codec', async () => {
    const { code, words } = await panel('no-codec', {
      prepare: 'VideoDecoder.isConfigSupported = async (config) => ({ supported: false, config });',
    });
    assert.equal(code, 'unsupported');
    assert.match(words, /video|decode|browser/i);
  });

  test('that the page is not secure', async () => {
    const { code, words } = await panel(
      'insecure-context',
      { browserArguments: ['--host-resolver-rules=MAP conf.test 127.0.0.1'] },
      `http://conf.test:${server.port}`,
    );
    assert.equal(code, 'insecure_context');
    assert.match(words, /https/i);
  });
});

test('the button to join stays in sight under whatever is said above it', { timeout: 300_000 }, async () => {
  const server = await SluiceServer.start();
  const page = await MeetingPage.open(kAda, {
    permissions: [],
    browserArguments: ['--use-fake-ui-for-media-stream=deny'],
  });
  try {
    await page.tab.goto(`${server.url}/r/refusals`);
    await page.by('name-input').fill(kAda.name);
    await page.by('error-panel').waitFor();
    await server.stop();
    await page.by('join-button').click();
    await page.tab.locator('[data-code="connection_failed"]').waitFor();
    assert.equal(await page.by('error-panel').count(), 2, 'of the devices, and of the server');
    for (const [width, height] of [[1280, 720], [844, 390], [390, 844], [360, 640]]) {
      await page.tab.setViewportSize({ width, height });
      await page.tab.evaluate(() => window.scrollTo(0, 0));
      const box = await page.by('join-button').boundingBox();
      const where = `${JSON.stringify(box)} in ${width}x${height}`;
      assert.ok(box.x >= 0 && box.x + box.width <= width, where);
      assert.ok(box.y >= 0 && box.y + box.height <= height, where);
      await page.screenshot(`unreachable-${width}x${height}`);
    }
  } finally {
    await page.close();
    await server.stop();
  }
});

describe('what a person with an invitation may do', { timeout: 300_000 }, () => {
  const key = 'browser-tests';
  const secret = 'no secret, since these tests are public';
  let server;

  before(async () => {
    server = await SluiceServer.start(['--key', `${key}:${secret}`]);
  });

  after(() => server?.stop());

  /** Asks to join with this token in the address, and hands the page to `look`. */
  async function enter(token, options, look) {
    const page = await MeetingPage.open(kAda, options);
    try {
      await page.tab.goto(`${server.url}/r/invited${token === undefined ? '' : `#token=${token}`}`);
      await page.by('name-input').fill(kAda.name);
      await page.by('join-button').click();
      await look(page);
    } finally {
      await page.close();
    }
  }

  test('nothing without one, which the page says', () =>
    enter(undefined, {}, async (page) => {
      const panel = page.by('error-panel');
      assert.match(await panel.innerText(), /needs an invitation/);
      assert.equal(await page.by('join-button').isEnabled(), false, 'trying again cannot help');
    }));

  test('nothing once it has expired, which the page says', () =>
    enter(joinToken({ key, secret, expiresIn: -3600 }), {}, async (page) => {
      assert.match(await page.by('error-panel').innerText(), /has expired/);
      assert.equal(await page.by('error-panel').getAttribute('data-code'), 'unauthorized');
    }));

  test('watch only, and then nobody is shown as seen and heard who is not', () =>
    enter(joinToken({ key, secret, video: { canPublish: false } }), { prepare: kLateCamera }, async (page) => {
      await page.connected();
      await page.tab.waitForFunction(() => window.sluiceCameraOpened);
      assert.match(await page.by('toast').first().innerText(), /does not allow a camera or microphone/);
      for (const toggle of ['camera-toggle', 'mic-toggle', 'screen-toggle']) {
        assert.equal(await page.by(toggle).isEnabled(), false, `${toggle} is of no use`);
      }
      const self = page.tab.locator('[data-testid="tile"][data-self="true"]');
      assert.equal(await self.getAttribute('data-camera'), 'off');
      assert.equal(await self.getAttribute('data-muted'), 'true');
      assert.equal(await page.by('toast').count(), 1, 'said once');
    }));
});

describe('when all places are taken', { timeout: 300_000 }, () => {
  let ada;
  let bo;
  let server;

  before(async () => {
    [server, ada, bo] = await Promise.all([
      SluiceServer.start(['--connections-max', '1']),
      MeetingPage.open(kAda),
      MeetingPage.open(kBo),
    ]);
  });

  after(async () => {
    await ada?.close();
    await bo?.close();
    await server?.stop();
  });

  async function askToJoin(page, url) {
    await page.tab.goto(`${url}/r/full`);
    await page.by('name-input').fill(page.person.name);
    await page.by('join-button').click();
  }

  async function takesThePlaceOfTheFirst(url, code, title) {
    await askToJoin(ada, url);
    await ada.connected();
    await askToJoin(bo, url);
    const panel = bo.by('error-panel');
    assert.match(await panel.innerText(), title);
    assert.equal(await panel.getAttribute('data-code'), code);
    await bo.screenshot(code.replace('_', '-'));
    await ada.by('leave-button').click();
    await ada.by('left-page').waitFor();
    await bo.by('join-button').click();
    await bo.connected();
    await bo.by('leave-button').click();
    await bo.by('left-page').waitFor();
  }

  // The many connections of a page that loads are nobody's place.
  test('of the server, the next is told so and gets the one that becomes free', () =>
    takesThePlaceOfTheFirst(server.url, 'server_full', /server is full/));

  test('of the room, the same', async () => {
    const small = await SluiceServer.start(['--participants-max', '1']);
    try {
      await takesThePlaceOfTheFirst(small.url, 'room_full', /room is full/);
    } finally {
      await small.stop();
    }
  });

  test('by their own dead connection, who was in waits for it to go', async () => {
    const link = await BreakableLink.to(server.port);
    try {
      await askToJoin(ada, link.url);
      await ada.connected();
      link.break();
      // The second attempt comes after the first was refused.
      const banner = ada.by('reconnecting-banner');
      await banner.getByText('attempt 2').waitFor();
      assert.match(await banner.innerText(), /Connection lost/, 'nobody stopped the server');
      link.dropBroken();
      await ada.connected();
    } finally {
      link.close();
    }
  });
});

test('nothing is said of a screen that was not chosen, and the next one is shown', { timeout: 300_000 }, async () => {
  const server = await SluiceServer.start();
  const ada = await MeetingPage.open(kAda);
  try {
    await ada.joinAsViewer(server.url, 'refusals');
    await ada.tab.evaluate(() => {
      const devices = navigator.mediaDevices;
      const choose = devices.getDisplayMedia;
      // What Chromium does when its window of choices is closed.
      devices.getDisplayMedia = async () => {
        devices.getDisplayMedia = choose;
        window.sluiceScreenRefused = true;
        throw new DOMException('Permission denied', 'NotAllowedError');
      };
    });
    const toggle = ada.by('screen-toggle');
    await toggle.click();
    await ada.tab.waitForFunction(() => window.sluiceScreenRefused);
    await ada.screenshot('screen-cancelled');
    assert.equal(await ada.by('toast').count(), 0);
    assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
    await toggle.click();
    await ada.by('sharing-notice').waitFor();
    assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
  } finally {
    await ada.close();
    await server.stop();
  }
});
