import {
  type ClientMessage,
  parseServerMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
  SUBPROTOCOL,
  type TrackReport,
} from '../core/control_messages.js';
import { ReportSchedule } from '../core/report_schedule.js';
import { sharedNowMs } from './shared_clock.js';

export type Hello = Extract<ServerMessage, { type: 'hello' }>;
/** What asks to be let in, as a participant or as the lane of one... */
export type Entry = Extract<ClientMessage, { type: 'join' | 'attach' }>;
/** ...and the answers. */
export type Entered = Extract<ServerMessage, { type: 'joined' | 'attached' }>;

/** How a connection ended. */
export interface ConnectionEnd {
  /** The server's `goodbye`, when there was one. */
  readonly goodbye?: string;
  /** The server's fatal `error`, when there was one. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** What a {@link Connection} tells its owner. */
export interface ConnectionEvents {
  entered(answer: Entered, hello: Hello): void;
  /** Every other control message that is not about the connection itself. */
  control(message: ServerMessage): void;
  media(message: Uint8Array): void;
  /** Once, last. Not after {@link Connection.close}. */
  ended(end: ConnectionEnd): void;
}

/** From the first byte of TCP to being let in. */
const ENTER_TIMEOUT_MS = 10_000;
const PING_EVERY_MS = 2_000;
const TRACK_REPORTS_EVERY_MS = 1_000;
const CLIENT_NAME = 'sluice-web/0.1.0';

/** One WebSocket to the server, from `hello` to its end: enters, answers pings, reports, watches. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #openedMs = sharedNowMs();
  #hello: Hello | undefined;
  #entered = false;
  #ended = false;
  #heardMs = sharedNowMs();
  #goodbye: string | undefined;
  #error: ConnectionEnd['error'];
  #reports = new ReportSchedule(50);
  #reportTimer: ReturnType<typeof setTimeout> | undefined;
  #trackReportsMs = 0;
  #nextPing = 0;
  #pingSentMs: number | undefined;
  #pingDueMs = 0;
  #rttMs: number | undefined;
  #watch: ReturnType<typeof setInterval>;

  /** @param trackReports - what became of each subscribed track's frames, for the server. */
  constructor(
    url: string,
    entry: Entry,
    private readonly events: ConnectionEvents,
    private readonly trackReports?: () => TrackReport[],
  ) {
    this.#socket = new WebSocket(url, SUBPROTOCOL);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => this.#enter(entry);
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.#read(data);
    this.#socket.onclose = () => this.#end();
    this.#watch = setInterval(() => this.#watchOver(), 250);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get receivedBytes(): number {
    return this.#reports.receivedBytes;
  }

  /** Smoothed round trip of our pings; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  sendMedia(message: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  /** Ends it, politely if we were in; `ended` is not called. */
  close(): void {
    this.send({ type: 'goodbye', reason: 'left' });
    this.#ended = true;
    this.#stop();
  }

  #enter(entry: Entry): void {
    this.send({ type: 'hello', versions: [PROTOCOL_VERSION], client: CLIENT_NAME });
    this.send(entry);
  }

  #read(data: string | ArrayBuffer): void {
    this.#heardMs = sharedNowMs();
    if (typeof data !== 'string') {
      this.#reports.onReceived(data.byteLength, this.#heardMs);
      this.#armReport();
      this.events.media(new Uint8Array(data));
      return;
    }
    const parsed = parseServerMessage(data);
    if (parsed.ok) this.#handle(parsed.message);
    else if (parsed.problem === 'invalid') {
      // A server that breaks its own protocol cannot be trusted with the rest of it.
      this.#error = { code: 'protocol', message: `The server sent a bad message (${parsed.detail})` };
      this.#end();
    }
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#hello = message;
        this.#reports = new ReportSchedule(message.report_interval_ms);
        return;
      case 'report_interval':
        this.#reports.setInterval(message.report_interval_ms);
        return;
      case 'joined':
      case 'attached':
        if (!this.#hello || this.#entered) return;
        this.#entered = true;
        this.events.entered(message, this.#hello);
        return;
      case 'ping':
        if (message.id !== undefined) this.send({ type: 'pong', reply_to: message.id });
        return;
      case 'pong':
        this.#onPong(message.reply_to);
        return;
      case 'goodbye':
        this.#goodbye = message.reason;
        return;
      case 'error':
        if (message.fatal) this.#error = { code: message.code, message: message.message };
        else this.events.control(message);
        return;
      default:
        this.events.control(message);
    }
  }

  #onPong(id: number | undefined): void {
    if (id !== this.#nextPing - 1 || this.#pingSentMs === undefined) return;
    const sample = sharedNowMs() - this.#pingSentMs;
    this.#pingSentMs = undefined;
    this.#rttMs = this.#rttMs === undefined ? sample : this.#rttMs + (sample - this.#rttMs) / 4;
  }

  #watchOver(): void {
    const now = sharedNowMs();
    const silentMax = this.#entered ? (this.#hello?.timeout_ms ?? ENTER_TIMEOUT_MS) : ENTER_TIMEOUT_MS;
    if (now - Math.max(this.#heardMs, this.#openedMs) > silentMax) return this.#end();
    if (!this.#entered && now - this.#openedMs > ENTER_TIMEOUT_MS) return this.#end();
    if (!this.#entered || now < this.#pingDueMs) return;
    this.#pingDueMs = now + PING_EVERY_MS;
    this.#pingSentMs = now;
    this.send({ type: 'ping', id: this.#nextPing++ });
  }

  #armReport(): void {
    if (this.#reportTimer !== undefined || this.#reports.dueMs === undefined) return;
    // A timer fires up to a few milliseconds late; the interval is a promise, so be early.
    const delay = Math.max(0, this.#reports.dueMs - sharedNowMs() - 5);
    this.#reportTimer = setTimeout(() => {
      this.#reportTimer = undefined;
      const now = sharedNowMs();
      if (!this.#reports.poll(now + 5)) return this.#armReport();
      const due = now - this.#trackReportsMs >= TRACK_REPORTS_EVERY_MS;
      const tracks = due ? this.trackReports?.() : undefined;
      if (tracks) this.#trackReportsMs = now;
      this.send({
        type: 'report',
        received_bytes: this.#reports.receivedBytes,
        ...(tracks ? { tracks } : {}),
      });
    }, delay);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop();
    this.events.ended({
      ...(this.#goodbye === undefined ? {} : { goodbye: this.#goodbye }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    });
  }

  #stop(): void {
    clearInterval(this.#watch);
    clearTimeout(this.#reportTimer);
    this.#socket.onmessage = null;
    this.#socket.onopen = null;
    this.#socket.close();
  }
}
