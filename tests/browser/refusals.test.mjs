// What a person is told when something is missing: plain words, and a code for programs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { joinToken } from './join_token.mjs';
import { MeetingPage } from './meeting_page.mjs';
import { SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 600 };

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
    enter(joinToken({ key, secret, video: { canPublish: false } }), {}, async (page) => {
      await page.connected();
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
