// One person in a browser of their own, with a camera and a microphone that can be recognised.
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { barcodeCells, decodeCells } from './barcode.mjs';
import { kRoot } from './sluice_server.mjs';
import { cameraFile, microphoneFile } from './test_media.mjs';

const kProbe = join(dirname(fileURLToPath(import.meta.url)), 'page_probe.js');
const kScreenshots = join(kRoot, 'build/screenshots');
export const kChromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Generous, since the machine may be busy with other tests. */
export const kPatienceMs = 60_000;
/** What a barcode of `clock_camera.js` counts. */
const kClockTickMs = 5;
const kArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream=fps=30',
  '--autoplay-policy=no-user-gesture-required',
];

/** A browser with one meeting page. */
export class MeetingPage {
  #browser;
  #context;
  /** What the page complained about. */
  complaints = [];

  /**
   * @param person `{ name, sender, hertz }`: barcode of the camera and tone of the microphone
   * @param options `viewport`, `permissions`, `prepare` (script to run before the page's own),
   * `browserArguments`, `browser` (the program)
   */
  static async open(person, options = {}) {
    const page = new MeetingPage();
    page.person = person;
    const fakes = [
      `--use-file-for-fake-video-capture=${await cameraFile(person.sender)}`,
      `--use-file-for-fake-audio-capture=${await microphoneFile(person.hertz)}`,
    ];
    page.#browser = await chromium.launch({
      executablePath: options.browser ?? kChromium,
      headless: true,
      args: [...kArguments, ...fakes, ...(options.browserArguments ?? [])],
    });
    page.#context = await page.#browser.newContext({
      permissions: options.permissions ?? ['camera', 'microphone'],
      ignoreHTTPSErrors: true,
      viewport: options.viewport ?? { width: 1280, height: 720 },
      isMobile: options.mobile ?? false,
      hasTouch: options.mobile ?? false,
      deviceScaleFactor: options.mobile ? 2 : 1,
    });
    await page.#context.addInitScript(
      `window.sluiceSender = ${person.sender}; window.sluiceScreenSender = ${person.sender + 100};
       const kCells = 30;
       window.sluiceBarcode = ${barcodeCells.toString()};`,
    );
    if (options.prepare) await page.#context.addInitScript(options.prepare);
    await page.#context.addInitScript(await readFile(kProbe, 'utf8'));
    page.tab = await page.#context.newPage();
    page.tab.setDefaultTimeout(kPatienceMs);
    page.tab.on('pageerror', (error) => page.complaints.push(error.message));
    page.tab.on('console', (message) => {
      if (message.type() === 'error') page.complaints.push(message.text());
    });
    return page;
  }

  async close() {
    await this.#browser.close();
  }

  by(testId) {
    return this.tab.getByTestId(testId);
  }

  /** Opens the room's page and joins as this person. */
  async join(server, room) {
    await this.tab.goto(`${server.url}/r/${room}`);
    await this.by('name-input').fill(this.person.name);
    await this.turnOn('mic-toggle');
    await this.turnOn('camera-toggle');
    await this.by('join-button').click();
    await this.connected();
  }

  /** Joins to watch and listen only. `url` is the server's as this browser reaches it. */
  async joinAsViewer(url, room) {
    await this.tab.addInitScript(() => {
      const preferences = { microphoneOn: false, cameraOn: false };
      localStorage.setItem('sluice.preferences', JSON.stringify(preferences));
    });
    await this.tab.goto(`${url}/r/${room}`);
    await this.by('name-input').fill(this.person.name);
    await this.by('join-button').click();
    await this.connected();
  }

  async connected() {
    await this.tab.waitForFunction(() => window.sluice?.meeting.state === 'connected', null, {
      timeout: kPatienceMs,
    });
  }

  /** Presses a toggle unless it is on already, or comes on by itself as the page opens devices. */
  async turnOn(toggle) {
    await this.by(toggle).waitFor();
    const on = this.tab.locator(`[data-testid="${toggle}"][aria-pressed="true"]`);
    try {
      await on.waitFor({ timeout: kPatienceMs / 4 });
    } catch {
      await this.by(toggle).click();
      await on.waitFor();
    }
  }

  /** The tile of the person called `name`. */
  tile(name, kind = 'tile') {
    return this.tab.locator(`[data-testid="${kind}"][data-name="${name}"]:not([data-self="true"])`);
  }

  /**
   * Reads the pictures in a tile for a while.
   *
   * @returns `{ fps, sender, valid, backwards, longestGapMs, width }`: how many different pictures a second were shown,
   * whose they were, the share of readings that were valid, how often the number fell (other than
   * by starting over), the longest time without a new picture, and how wide the last one was
   */
  async watch(name, kind = 'tile', ms = 3000) {
    const video = this.tile(name, kind).getByTestId('tile-video');
    await video.waitFor();
    const { readings, width } = await video.evaluate(
      (element, duration) => window.sluiceProbe.watch(element, duration),
      ms,
    );
    const decoded = readings.map(({ levels, atMs }) => ({ atMs, ...decodeCells(levels) }));
    const valid = decoded.filter(({ sender }) => sender !== undefined);
    let changes = 0;
    let backwards = 0;
    let longestGapMs = 0;
    let changedMs = valid[0]?.atMs;
    valid.forEach(({ number, atMs }, index) => {
      const before = valid[index - 1]?.number;
      if (before === undefined || before === number) return;
      changes++;
      longestGapMs = Math.max(longestGapMs, atMs - changedMs);
      changedMs = atMs;
      // The file starts over after 60 pictures; other steps back would be old pictures shown late.
      if (number < before && before - number < 30) backwards++;
    });
    longestGapMs = Math.max(longestGapMs, (readings.at(-1)?.atMs ?? ms) - (changedMs ?? 0));
    const spanMs = valid.length > 1 ? valid.at(-1).atMs - valid[0].atMs : ms;
    return {
      fps: (changes * 1000) / spanMs,
      sender: valid.at(-1)?.sender,
      valid: readings.length === 0 ? 0 : valid.length / readings.length,
      backwards,
      longestGapMs,
      width,
    };
  }

  /**
   * Reads when each picture in a tile was shown and when it was taken, by the clock camera's barcode.
   *
   * @returns `[{ shownMs, takenMs, width }]`, wall clock
   */
  async watchAges(name, ms) {
    const video = this.tile(name).getByTestId('tile-video');
    await video.waitFor();
    const readings = await video.evaluate(
      (element, duration) => window.sluiceProbe.watchShown(element, duration),
      ms,
    );
    return readings.flatMap(({ atMs, levels, width }) => {
      const number = decodeCells(levels)?.number;
      if (number === undefined) return [];
      const age = (Math.floor(atMs / kClockTickMs) - number) & 0xffff;
      return [{ shownMs: atMs, takenMs: atMs - age * kClockTickMs, width }];
    });
  }

  /** Watches until the picture is right and moves at `fps`; the last figures, if it never does. */
  async watchUntil(name, { fps, sender, kind = 'tile' }) {
    const deadline = Date.now() + kPatienceMs;
    let seen;
    do {
      seen = await this.watch(name, kind);
    } while ((seen.fps < fps || seen.sender !== sender || seen.valid < 0.9) && Date.now() < deadline);
    return seen;
  }

  /**
   * How much later than the picture the sound of a sender with `flash_and_beep.js` comes.
   *
   * @returns one figure in ms for each flash, sorted; negative when the sound came first
   */
  async soundAfterPicture(name, ms) {
    const video = this.tile(name).getByTestId('tile-video');
    await video.waitFor();
    const { flashes, beeps } = await video.evaluate(
      (element, duration) => window.sluiceProbe.flashesAndBeeps(element, duration),
      ms,
    );
    const nearest = (flash) =>
      beeps.map((beep) => beep - flash).sort((a, b) => Math.abs(a) - Math.abs(b))[0];
    return flashes
      .map(nearest)
      .filter((after) => Math.abs(after) < 450)
      .sort((a, b) => a - b);
  }

  /** What is heard once it is `hertz`, or in the end. */
  async listenFor(hertz) {
    return this.#listen((sound) => sound.rms > 0.01 && Math.abs(sound.hertz - hertz) < 15);
  }

  /** What is heard once it is silent, or in the end. */
  async listenForSilence() {
    return this.#listen((sound) => sound.rms < 0.001);
  }

  async #listen(enough) {
    const deadline = Date.now() + kPatienceMs / 2;
    let sound;
    do {
      sound = await this.tab.evaluate(() => window.sluiceProbe.sound());
      if (enough(sound)) return sound;
      await this.tab.waitForTimeout(100);
    } while (Date.now() < deadline);
    return sound;
  }

  async stats() {
    return this.tab.evaluate(() => window.sluice.meeting.stats());
  }

  /** Saves what the person sees to build/screenshots. */
  async screenshot(name) {
    await mkdir(kScreenshots, { recursive: true });
    await this.tab.screenshot({ path: join(kScreenshots, `${name}.png`) });
  }
}
