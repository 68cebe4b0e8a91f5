import { AudioPacketRing } from '../core/audio_packet_ring.js';
import type { ToWorker } from '../worker/messages.js';
import type { PlayoutSetup } from '../worklet/playout_processor.js';
import type { AudioOutput } from './audio_output.js';

/** Plays one remote audio track: connects the codec worker to a worklet of its own. */
export class RemoteAudioPlayer {
  #node: AudioWorkletNode | undefined;
  #gain: GainNode | undefined;
  #volume = 1;
  #closed = false;

  constructor(
    private readonly track: string,
    output: AudioOutput,
    toWorker: (message: ToWorker, transfer: Transferable[]) => void,
  ) {
    void output.ready().then((context) => {
      if (context && !this.#closed) this.#start(context, toWorker);
    });
  }

  get volume(): number {
    return this.#volume;
  }

  setVolume(volume: number): void {
    this.#volume = Math.min(2, Math.max(0, volume));
    if (this.#gain) this.#gain.gain.value = this.#volume;
  }

  close(): void {
    this.#closed = true;
    this.#node?.port.postMessage({ stop: true } satisfies PlayoutSetup);
    this.#node?.disconnect();
    this.#gain?.disconnect();
  }

  #start(
    context: AudioContext,
    toWorker: (message: ToWorker, transfer: Transferable[]) => void,
  ): void {
    this.#gain = new GainNode(context, { gain: this.#volume });
    this.#node = new AudioWorkletNode(context, 'sluice-playout', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#node.connect(this.#gain).connect(context.destination);
    const { port1, port2 } = new MessageChannel();
    // Shared memory spares the audio thread messages and garbage; it needs COOP and COEP headers.
    const ring = globalThis.crossOriginIsolated ? AudioPacketRing.allocate() : undefined;
    this.#node.port.postMessage({ port: port1, ring } satisfies PlayoutSetup, [port1]);
    toWorker({ type: 'audioSink', track: this.track, port: port2, ring }, [port2]);
  }
}
