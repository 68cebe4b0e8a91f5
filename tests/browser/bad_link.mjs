// Two real browsers and the real server over bad links: how old is what a person sees, how often does
// it stand still, how much of the sound is made up? Prints a table. scripts/bad-link runs it.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { HeldLink } from './held_link.mjs';
import { kChromium, MeetingPage } from './meeting_page.mjs';
import { pictureBackAfter, pictureFigures, soundBackAfter } from './shown_figures.mjs';
import { kServer, SluiceServer } from './sluice_server.mjs';

const kAda = { name: 'Ada', sender: 11, hertz: 440 };
const kBo = { name: 'Bo', sender: 22, hertz: 1000 };
/** From the first picture on, before counting. */
const kSettleMs = 5000;
const kOutageAtMs = 10_000;
const kOutageMs = 3000;
/** A minute of all frames. */
const kFlightBytesMost = 64 * 1024 * 1024;

/** Every link has a queue of 200 ms; delays are one way. `plan`: its rate changes over time. */
const kLinks = [
  { name: 'wide', title: '20 Mbit/s, 80 ms (nothing to choose)', rate: '20mbit', delay: '40ms' },
  { name: 'far', title: '5 Mbit/s, 600 ms (a satellite)', rate: '5mbit', delay: '300ms' },
  { name: '1mbit', title: '1 Mbit/s, 80 ms', rate: '1mbit', delay: '40ms' },
  { name: '600kbit', title: '600 kbit/s, 80 ms', rate: '600kbit', delay: '40ms' },
  { name: '300kbit', title: '300 kbit/s, 80 ms', rate: '300kbit', delay: '40ms' },
  {
    name: 'loss',
    title: '2 Mbit/s, 40 ms, 3 % loss (CUBIC)',
    rate: '2mbit',
    delay: '20ms',
    more: ['--loss', '3%', '--congestion-control', 'cubic'],
  },
  {
    name: 'outage',
    title: '3 s outage at 2 Mbit/s, 40 ms',
    rate: '2mbit',
    delay: '20ms',
    more: ['--outage', `${kOutageAtMs}ms+${kOutageMs}ms`],
    plan: true,
    seconds: 25,
  },
  {
    name: 'steps',
    title: '3 -> 0.4 -> 3 Mbit/s, 40 ms',
    rate: (seconds) => `3mbit:${seconds / 3}s,400kbit:${seconds / 3}s,3mbit:${seconds}s`,
    delay: '20ms',
    plan: true,
  },
];

/** What was asked for; ends the program when that cannot be. scripts/bad-link --help tells what there is. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        link: { type: 'string', multiple: true },
        slow: { type: 'string', default: 'viewer' },
        seconds: { type: 'string' },
        json: { type: 'string' },
        flights: { type: 'string' },
        lanes: { type: 'boolean', default: false },
      },
    });
    const known = kLinks.map(({ name }) => name);
    const unknown = values.link?.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`no link is called ${unknown}; there are ${known.join(', ')}`);
    if (!['viewer', 'publisher'].includes(values.slow)) throw new Error(`--slow ${values.slow}: viewer or publisher`);
    if (values.seconds !== undefined && !(Number(values.seconds) > 0)) throw new Error(`--seconds ${values.seconds}: not a time`);
    return values;
  } catch (error) {
    console.error(`${error.message}\nscripts/bad-link --help tells what there is.`);
    process.exit(2);
  }
}

const options = readOptions();

/** One link: opens everything, watches, closes everything. */
async function measure(link) {
  const seconds = link.seconds ?? Number(options.seconds ?? (options.quick ? 12 : 60));
  const ms = seconds * 1000;
  const rate = typeof link.rate === 'function' ? link.rate(seconds) : link.rate;
  const held = await HeldLink.open(
    ['--down', rate, '--up', rate, '--delay', link.delay, '--queue', '200ms', ...(link.more ?? [])],
  );
  const pages = [];
  let server;
  try {
    const far = options.slow === 'publisher' ? { ada: 'client', bo: 'server' } : { ada: 'server', bo: 'client' };
    server = await SluiceServer.start(
      ['--bind', '0.0.0.0', '--insecure-open-rooms', ...(options.lanes ? ['--lanes'] : [])],
      0,
      await held.programOn('server', kServer),
    );
    const open = async (person, side, prepare) => {
      const host = side === 'server' ? '127.0.0.1' : held.server.address;
      const url = `http://${host}:${server.port}`;
      const page = await MeetingPage.open(person, {
        browser: await held.programOn(side, kChromium),
        browserArguments: [`--unsafely-treat-insecure-origin-as-secure=${url}`],
        viewport: { width: 960, height: 640 },
        ...(prepare ? { prepare } : {}),
      });
      pages.push(page);
      return { page, url };
    };
    const camera = await readFile(new URL('./clock_camera.js', import.meta.url), 'utf8');
    const ada = await open(kAda, far.ada, camera);
    const bo = await open(kBo, far.bo);
    const room = `bad-link${options.lanes ? '?lanes=1' : ''}`;
    await ada.page.join({ url: ada.url }, room);
    await bo.page.joinAsViewer(bo.url, room);
    const figures = await watch({ link, held, ada: ada.page, bo: bo.page, ms });
    if (options.flights) await saveFlights(link, held, server.adminUrl);
    return figures;
  } finally {
    await Promise.all(pages.map((page) => page.close()));
    await server?.stop();
    await held.close();
  }
}

/** What the server remembers of everybody who is there. */
async function saveFlights(link, held, adminUrl) {
  const explain = await held.programOn('server', join(dirname(kServer), 'sluice'));
  const ask = (source, ...more) =>
    promisify(execFile)(explain, ['explain', ...more, source], { maxBuffer: kFlightBytesMost });
  await mkdir(options.flights, { recursive: true });
  const { stdout } = await ask(adminUrl, '--json');
  for (const { session } of JSON.parse(stdout).sessions) {
    const file = join(options.flights, `${link.name}-${options.slow}-${session}.jsonl`);
    await ask(`${adminUrl}/flight/${session}`, '--save', file);
  }
}

/** What both pages' statistics say each second, for whoever wants to know why. */
async function follow(pages, ms) {
  const history = [];
  const endMs = Date.now() + ms;
  while (Date.now() < endMs) {
    const [ada, bo] = await Promise.all(pages.map((page) => page.stats()));
    history.push({ atMs: Date.now(), ada, bo });
    await pages[0].tab.waitForTimeout(1000);
  }
  return history;
}

/** Watches Ada at Bo's. */
async function watch({ link, held, ada, bo, ms }) {
  await bo.watchAges('Ada', kSettleMs);
  const sound = async () =>
    (await bo.stats()).remote.find(({ source }) => source === 'microphone');
  const before = await sound();
  if (link.plan) held.restartPlan();
  const beganMs = Date.now();
  const loudness = bo.tab.evaluate((duration) => window.sluiceProbe.watchLoudness(duration), ms);
  const history = follow([ada, bo], ms);
  const pictures = await bo.watchAges('Ada', ms);
  const figures = pictureFigures(pictures, beganMs, ms);
  // Statistics come once a second.
  await bo.tab.waitForTimeout(1100);
  const after = await sound();
  const madeUp = ({ concealedShare, playedSeconds }) => concealedShare * playedSeconds;
  const concealed = madeUp(after) - madeUp(before);
  const played = after.playedSeconds - before.playedSeconds;
  await bo.screenshot(`bad-link-${link.name}-${options.slow}`);
  const backMs = beganMs + kOutageAtMs + kOutageMs;
  return {
    link: link.name,
    ...figures,
    concealedPercent: (100 * Math.max(0, concealed)) / played,
    load: loadavg()[0],
    ...(link.name === 'outage'
      ? {
          pictureBackMs: pictureBackAfter(pictures, backMs),
          soundBackMs: soundBackAfter(await loudness, backMs),
        }
      : {}),
    history: await history,
    complaints: [...ada.complaints, ...bo.complaints],
  };
}

function row({ title }, figures) {
  const { fps, age50, age95, frozenSeconds, concealedPercent, pictureBackMs, soundBackMs } = figures;
  const back =
    soundBackMs === undefined && pictureBackMs === undefined
      ? ''
      : `${Math.round(pictureBackMs)} / ${Math.round(soundBackMs)}`;
  return `| ${[
    title,
    fps.toFixed(0),
    `${Math.round(age50)} / ${Math.round(age95)}`,
    frozenSeconds.toFixed(1),
    concealedPercent.toFixed(1),
    back,
    figures.width,
    figures.load.toFixed(0),
  ].join(' | ')} |`;
}

const names = options.link ?? (options.quick ? ['600kbit', 'outage'] : kLinks.map(({ name }) => name));
const all = [];
console.log('| link (200 ms queue) | fps shown | age p50 / p95 ms | frozen s | sound made up % | back to live, picture / sound ms | width | load |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const link of kLinks.filter(({ name }) => names.includes(name))) {
  const figures = await measure(link);
  all.push(figures);
  console.log(row(link, figures));
  for (const complaint of figures.complaints) console.log(`  the page complained: ${complaint}`);
}
if (options.json) await writeFile(options.json, JSON.stringify(all, null, 1));
