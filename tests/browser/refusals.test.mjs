// What a person is told when something is missing: plain words, and a code for programs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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
