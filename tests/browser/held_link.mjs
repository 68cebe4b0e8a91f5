// An emulated link between two network namespaces (tests/link), held open while browsers use it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { kServer } from './sluice_server.mjs';

const kLink = process.env.SLUICE_LINK ?? join(dirname(kServer), 'sluice-link');

/** The link, and how to be on either side of it. */
export class HeldLink {
  #process;
  #folder;
  #report = '';
  /** `{ namespace, address }` of each side. */
  server;
  client;

  /** @param options those of `tests/link/run` */
  static async open(options) {
    if (!existsSync(kLink)) throw new Error(`The link emulator is not built: ${kLink} is missing.`);
    const link = new HeldLink();
    link.#process = spawn(kLink, ['--hold', ...options], { stdio: ['pipe', 'pipe', 'pipe'] });
    link.#process.stderr.on('data', (data) => (link.#report += data));
    const ended = once(link.#process, 'exit').then(([code]) => {
      throw new Error(`sluice-link ended with ${code}: ${link.#report}`);
    });
    const said = once(createInterface({ input: link.#process.stdout }), 'line');
    const [line] = await Promise.race([said, ended]);
    // From here on it ends when it is told to.
    ended.catch(() => undefined);
    Object.assign(link, JSON.parse(line));
    link.#folder = await mkdtemp(join(tmpdir(), 'sluice-link-'));
    return link;
  }

  /** A program that runs `program` on that side, for whoever can only be given a path. */
  async programOn(side, program) {
    const path = join(this.#folder, `${side}-${program.replaceAll('/', '_')}`);
    const { namespace } = this[side];
    await writeFile(path, `#!/bin/sh\nexec nsenter --net=${namespace} ${program} "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Rates that change and outages begin anew, from now. */
  restartPlan() {
    this.#process.kill('SIGUSR1');
  }

  /** @returns what the link counted */
  async close() {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
    await rm(this.#folder, { recursive: true });
    return JSON.parse(this.#report.trim().split('\n').at(-1));
  }
}
