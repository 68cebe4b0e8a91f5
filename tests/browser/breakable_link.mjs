// The way of one browser to the server, which can break so that the server does not notice, or lose a single WebSocket.
import { connect, createServer } from 'node:net';

/** Passes TCP connections on to a server on this machine. */
export class BreakableLink {
  #listener;
  #pairs = new Set();

  /** @param port the server's */
  static async to(port) {
    const link = new BreakableLink();
    link.#listener = createServer((near) => link.#pass(near, connect(port, '127.0.0.1')));
    await new Promise((ready) => link.#listener.listen(0, '127.0.0.1', ready));
    return link;
  }

  /** The server's address by way of this link. */
  get url() {
    return `http://127.0.0.1:${this.#listener.address().port}`;
  }

  /** The browser loses its connections; the server keeps them and hears no more of them. */
  break() {
    for (const { near, far } of this.#pairs) {
      far.unpipe(near);
      near.unpipe(far);
      near.destroy();
      far.resume();
    }
  }

  /** The server learns that the broken connections are gone. */
  dropBroken() {
    for (const { near, far } of this.#pairs) if (near.destroyed) far.destroy();
  }

  /** The connections that became WebSockets and are not closed yet, oldest first. */
  get webSockets() {
    return [...this.#pairs].filter(({ webSocket, near }) => webSocket && !near.destroyed);
  }

  /** Both ends lose one connection. */
  cut({ near, far }) {
    near.destroy();
    far.destroy();
  }

  close() {
    this.break();
    this.dropBroken();
    this.#listener.close();
  }

  #pass(near, far) {
    const pair = { near, far, webSocket: false };
    this.#pairs.add(pair);
    near.once('data', (data) => (pair.webSocket = data.toString('latin1').startsWith('GET /ws ')));
    // Ends are passed on by hand, so that a broken end is not.
    near.pipe(far, { end: false });
    far.pipe(near);
    near.on('end', () => far.end());
    for (const end of [near, far]) end.on('error', () => {});
    far.on('close', () => this.#pairs.delete(pair));
  }
}
