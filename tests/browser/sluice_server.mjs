// Starts the real server on a free port.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const kRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const kServer = process.env.SLUICE_SERVER ?? join(kRoot, 'build/release/bin/sluice-server');
const kWebRoot = process.env.SLUICE_WEB_ROOT ?? join(kRoot, 'web/app/dist');
const kStartTimeoutMs = 20_000;
const kStopTimeoutMs = 10_000;

/** Ours without the settings of these tests, which the server would take for its own. */
function serverEnvironment() {
  const { SLUICE_SERVER, SLUICE_WEB_ROOT, SLUICE_CLIENT, ...rest } = process.env;
  return rest;
}

/** A running server: its address, and how to end it. */
export class SluiceServer {
  #process;
  #log = '';
  url = '';

  /**
   * @param options further command-line options
   * @param port that of an earlier server, to take its place; 0 for any free one
   * @param program what to run, if not the server itself
   */
  static async start(options = [], port = 0, program = kServer) {
    for (const [what, path] of [['server', kServer], ['meeting page', join(kWebRoot, 'index.html')]]) {
      if (!existsSync(path)) throw new Error(`The ${what} is not built: ${path} is missing.`);
    }
    const server = new SluiceServer();
    await server.#start(options, port, program);
    return server;
  }

  /** Everything that the server said. */
  get log() {
    return this.#log;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  async #start(options, port, program) {
    this.#process = spawn(
      program,
      ['--port', String(port), '--admin-port', '0', '--web-root', kWebRoot, ...options],
      { stdio: ['ignore', 'pipe', 'pipe'], env: serverEnvironment() },
    );
    const ready = new Promise((found, failed) => {
      const read = (data) => {
        this.#log += data;
        const ready = /is ready: (https?:\/\/\S+) \(admin (\S+)\)/.exec(this.#log);
        if (ready) found(ready.slice(1));
      };
      this.#process.stdout.on('data', read);
      this.#process.stderr.on('data', read);
      this.#process.once('error', failed);
      this.#process.once('exit', (code) => failed(new Error(`sluice-server ended with ${code}: ${this.#log}`)));
      setTimeout(() => failed(new Error(`sluice-server is not ready: ${this.#log}`)), kStartTimeoutMs).unref();
    });
    [this.url, this.adminUrl] = await ready;
  }

  /** Ends it as an operator would. @returns its exit status */
  async stop() {
    const ended = new Promise((end) => this.#process.once('exit', (code, signal) => end(code ?? signal)));
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return this.#process.exitCode ?? this.#process.signalCode;
    }
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), kStopTimeoutMs);
    const code = await ended;
    clearTimeout(late);
    return code;
  }
}
