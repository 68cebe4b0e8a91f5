import type { Unsubscribe } from '../api/event_emitter.js';

const SETTLE_MS = 700;

/** The sound card of the page: one AudioContext for all that is played and, in some browsers, for
 * capture. */
export class AudioOutput {
  #context: AudioContext | undefined;
  #worklet: Promise<boolean> | undefined;
  readonly #listeners = new Set<() => void>();
  /** Every context is suspended for its first moments; only then does that mean something. */
  #settled = false;

  /** False while the browser keeps sound from playing until the person clicks somewhere. */
  get allowed(): boolean {
    return !this.#settled || this.#context?.state === 'running';
  }

  /** From the card's clock to the ear in ms, as far as the browser knows. */
  get latencyMs(): number {
    const context = this.#context;
    if (!context) return 0;
    // Firefox has no baseLatency and some systems no outputLatency.
    return ((context.baseLatency || 0) + (context.outputLatency || 0)) * 1000;
  }

  /** Calls `handler` whenever {@link allowed} may have changed. */
  onChange(handler: () => void): Unsubscribe {
    this.#listeners.add(handler);
    return () => void this.#listeners.delete(handler);
  }

  /** The context with our worklet in it; undefined where the browser has no worklets. */
  async ready(): Promise<AudioContext | undefined> {
    const context = this.#open();
    this.#worklet ??= context.audioWorklet
      ?.addModule(new URL('../worklet/main.js', import.meta.url))
      .then(
        () => true,
        (error: unknown) => {
          console.error('sluice: the audio worklet could not be loaded', error);
          return false;
        },
      );
    return (await this.#worklet) ? context : undefined;
  }

  /** Lets sound play; call it from a click. */
  async resume(): Promise<void> {
    await this.#open().resume();
  }

  /** Plays through this loudspeaker; '' is the system's default. */
  async setSpeaker(deviceId: string): Promise<void> {
    const context = this.#open() as AudioContext & { setSinkId?: (id: string) => Promise<void> };
    await context.setSinkId?.(deviceId);
  }

  async close(): Promise<void> {
    const context = this.#context;
    this.#listeners.clear();
    this.#context = this.#worklet = undefined;
    await context?.close();
  }

  #open(): AudioContext {
    if (this.#context) return this.#context;
    // Opus decodes to 48 kHz; the browser converts where the card has another rate.
    const context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
    const changed = (): void => this.#listeners.forEach((listener) => listener());
    context.onstatechange = changed;
    setTimeout(() => {
      this.#settled = true;
      changed();
    }, SETTLE_MS);
    // Never waited for: without a click or a sound card this stays pending for ever.
    void context.resume().catch(() => undefined);
    this.#context = context;
    return context;
  }
}
