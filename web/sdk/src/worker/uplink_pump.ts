import type { EncodingName, UplinkSender } from '../core/uplink_sender.js';
import type { Connection } from './connection.js';

/** While frames wait for the uplink. */
const POLL_MS = 10;

/** What an {@link UplinkPump} tells its owner. */
export interface UplinkPumpEvents {
  sent(bytes: number): void;
  /** Nothing of this encoding can be sent before a keyframe. */
  keyframeNeeded(encoding: EncodingName): void;
}

/** Hands one connection what its {@link UplinkSender} decides to send. */
export class UplinkPump {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly sender: UplinkSender,
    private readonly connection: Connection,
    /** The uplink's time, in ms. */
    private readonly nowMs: () => number,
    private readonly events: UplinkPumpEvents,
  ) {}

  /** Call it after each frame and report, and now and then. */
  pump(): void {
    const { messages, keyframesNeeded } = this.sender.poll(
      this.nowMs(),
      this.connection.bufferedBytes,
    );
    for (const message of messages) {
      this.events.sent(message.length);
      this.connection.sendMedia(message);
    }
    for (const encoding of keyframesNeeded) this.events.keyframeNeeded(encoding);
    if (!this.sender.waiting || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.pump();
    }, POLL_MS);
  }

  onReport(receivedBytes: number): void {
    this.sender.onReport(receivedBytes, this.nowMs());
    this.pump();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
