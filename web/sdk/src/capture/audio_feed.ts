import type { AudioOutput } from '../playout/audio_output.js';
import type { ToWorker } from '../worker/messages.js';
import { trackStream } from './video_feed.js';

/**
 * Brings the sound of a microphone or screen to the codec worker: as a stream where the browser
 * can, else through an audio worklet.
 */
export class AudioFeed {
  #source: MediaStreamAudioSourceNode | undefined;
  #node: AudioWorkletNode | undefined;

  constructor(
    private readonly trackSource: 'microphone' | 'screen_audio',
    private readonly output: AudioOutput,
    private readonly toWorker: (message: ToWorker, transfer?: Transferable[]) => void,
  ) {}

  async start(track: MediaStreamTrack): Promise<void> {
    this.stop();
    const source = this.trackSource;
    const readable = trackStream<AudioData>(track);
    if (readable) {
      this.toWorker({ type: 'openAudio', source, input: { kind: 'stream', readable } }, [
        readable as unknown as Transferable,
      ]);
      return;
    }
    const context = await this.output.ready();
    if (!context || track.readyState === 'ended') return;
    const { port1, port2 } = new MessageChannel();
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#node = new AudioWorkletNode(context, 'sluice-capture', { numberOfOutputs: 0 });
    this.#source.connect(this.#node);
    this.#node.port.postMessage({ port: port1 }, [port1]);
    const { sampleRate } = context;
    this.toWorker(
      { type: 'openAudio', source, input: { kind: 'worklet', port: port2, sampleRate } },
      [port2],
    );
  }

  stop(): void {
    this.#node?.port.postMessage({ stop: true });
    this.#source?.disconnect();
    this.#source = this.#node = undefined;
  }
}
