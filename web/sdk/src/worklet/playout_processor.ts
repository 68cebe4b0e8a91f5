import { AudioJitterBuffer } from '../core/audio_jitter_buffer.js';
import { AudioPacketRing } from '../core/audio_packet_ring.js';
import type { AudioPacket } from '../core/audio_jitter_buffer.js';
import type { FromPlayout, ToPlayout } from '../worker/messages.js';

/** What the page sends to the node's port: how the codec worker reaches us; or that it is over. */
export type PlayoutSetup =
  | { readonly port: MessagePort; readonly ring: SharedArrayBuffer | undefined }
  | { readonly stop: true };

const STATUS_EVERY_MS = 100;
/** Packets that came by message and wait for the next call of `process`: two seconds. */
const INBOX_MAX = 100;

/** Plays one remote audio track on the sound card's thread. */
export class PlayoutProcessor extends AudioWorkletProcessor {
  readonly #buffer = new AudioJitterBuffer(sampleRate);
  #link: MessagePort | undefined;
  #ring: AudioPacketRing | undefined;
  #inbox: AudioPacket[] = [];
  #statusMs = 0;
  #stopped = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlayoutSetup>) => {
      if ('stop' in data) this.#stopped = true;
      else this.#connect(data.port, data.ring);
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const nowMs = currentTime * 1000;
    // Packets count as arrived here, not when posted: while the card is suspended time stands.
    for (const packet of this.#inbox) this.#buffer.push(packet, nowMs);
    this.#inbox.length = 0;
    for (let packet = this.#ring?.read(); packet; packet = this.#ring?.read()) {
      this.#buffer.push(packet, nowMs);
    }
    const output = outputs[0]?.[0];
    if (output) this.#buffer.pull(output, nowMs);
    if (nowMs - this.#statusMs >= STATUS_EVERY_MS) {
      this.#statusMs = nowMs;
      const message: FromPlayout = { status: this.#buffer.status(nowMs), contextMs: nowMs };
      this.#link?.postMessage(message);
    }
    return !this.#stopped;
  }

  #connect(port: MessagePort, ring: SharedArrayBuffer | undefined): void {
    this.#link = port;
    this.#ring = ring && new AudioPacketRing(ring);
    port.onmessage = ({ data }: MessageEvent<ToPlayout>) => {
      if (data.type === 'minOffset') {
        this.#buffer.setMinOffset(data.offsetMs);
        return;
      }
      this.#inbox.push(data.packet);
      if (this.#inbox.length > INBOX_MAX) this.#inbox.shift();
    };
  }
}
