import type { ServerMessage } from '../core/control_messages.js';
import type { Frame } from '../core/frame.js';
import { FrameAssembler } from '../core/frame_assembler.js';
import { LanePolicy } from '../core/lane_policy.js';
import type { UplinkCounts } from '../core/uplink_counts.js';
import { UplinkSender } from '../core/uplink_sender.js';
import { Connection, type ConnectionEnd, type Hello } from './connection.js';
import { sharedNowMs } from './shared_clock.js';
import { UplinkPump } from './uplink_pump.js';

/** Where a lane goes, and whose it is. */
export interface LaneOwner {
  readonly url: string;
  readonly room: string;
  readonly participant: string;
}

/** What a {@link SoundLane} tells the session. */
export interface SoundLaneEvents {
  frame(frame: Frame): void;
  /** What is said on a lane of its tracks. */
  control(message: ServerMessage): void;
  sent(bytes: number): void;
  /** It was open and is no longer; `unsent` waits for another connection. */
  ended(unsent: readonly Frame[]): void;
}

/**
 * The second connection of a participant's, for sound: opened with the key that the server gave,
 * and again, with patience, when it ended and the server gave another one (docs/protocol.md, 4.13).
 *
 * It lives as long as the first connection. Bound: one socket at a time.
 */
export class SoundLane {
  readonly #policy = new LanePolicy();
  #connection: Connection | undefined;
  /** While the server takes sound. */
  #uplink: UplinkPump | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #assembler = new FrameAssembler(0);
  #receivedBytes = 0;

  constructor(
    private readonly owner: LaneOwner,
    private readonly counts: UplinkCounts,
    /** The uplink's time, in ms. */
    private readonly nowMs: () => number,
    private readonly events: SoundLaneEvents,
  ) {}

  /** Sound may be sent over it. */
  get open(): boolean {
    return this.#uplink !== undefined;
  }

  /** Over all its connections. */
  get receivedBytes(): number {
    return this.#receivedBytes + (this.#connection?.receivedBytes ?? 0);
  }

  get inFlightBytes(): number {
    return this.#uplink?.sender.link.inFlightBytes ?? 0;
  }

  /** The server would let a lane in with this key. */
  admit(key: string): void {
    this.#end();
    this.#connectLater(key);
  }

  send(frame: Frame): void {
    this.#uplink?.sender.enqueueAudio(frame, this.nowMs());
    this.#uplink?.pump();
  }

  /** A track of ours ended. */
  removeTrack(handle: number): void {
    this.#uplink?.sender.removeTrack(handle);
  }

  /** Ten times a second. */
  tick(): void {
    if (this.#uplink?.sender.link.stalled(this.nowMs())) return this.#end();
    this.#uplink?.pump();
  }

  /** For good, together with the first connection. */
  close(): void {
    this.#end();
  }

  #connectLater(key: string): void {
    this.#retryTimer = setTimeout(() => this.#connect(key), this.#policy.waitMs(sharedNowMs()));
  }

  #connect(key: string): void {
    const { url, room, participant } = this.owner;
    this.#policy.tried(sharedNowMs());
    this.#connection = new Connection(
      url,
      { type: 'attach', id: 0, room, participant, key },
      {
        entered: (_, hello) => this.#onAttached(hello),
        control: (message) => this.#onControl(message),
        media: (message) => this.#onMedia(message),
        ended: (end) => this.#onEnded(end, key),
      },
    );
  }

  #onAttached(hello: Hello): void {
    if (!this.#connection || this.#uplink) return;
    this.#assembler = new FrameAssembler(hello.limits['frame_bytes'] ?? 2 << 20);
    const sender = new UplinkSender(hello.limits['chunk_bytes'] ?? 1 << 16, this.counts);
    this.#uplink = new UplinkPump(sender, this.#connection, this.nowMs, {
      sent: (bytes) => this.events.sent(bytes),
      // Nothing ever depends on a frame of sound.
      keyframeNeeded: () => undefined,
    });
  }

  #onControl(message: ServerMessage): void {
    if (message.type === 'report') this.#uplink?.onReport(message.received_bytes);
    // The room speaks over the first connection; here it is only said of sounds whether they come.
    if (message.type === 'track_state') this.events.control(message);
  }

  #onMedia(message: Uint8Array): void {
    const result = this.#assembler.push(message);
    if (result && typeof result !== 'string') this.events.frame(result);
  }

  #onEnded({ error }: ConnectionEnd, key: string): void {
    // A key opens once: when it was used or refused, the server has to give another.
    const keyUnused = !this.open && !error;
    this.#end();
    if (keyUnused) this.#connectLater(key);
  }

  #end(): void {
    clearTimeout(this.#retryTimer);
    this.#receivedBytes = this.receivedBytes;
    this.#connection?.close();
    this.#connection = undefined;
    const uplink = this.#uplink;
    this.#uplink = undefined;
    uplink?.stop();
    if (uplink) this.events.ended(uplink.sender.takeAudio());
  }
}
