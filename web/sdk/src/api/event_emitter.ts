/** Removes the handler it was returned for; calling it twice is harmless. */
export type Unsubscribe = () => void;

/**
 * Typed events. `Events` maps each event's name to its payload.
 *
 * A handler that throws does not keep the others from running: its exception is reported to the
 * console, since the meeting must go on.
 */
export class EventEmitter<Events extends object> {
  readonly #handlers = new Map<keyof Events, Set<(payload: never) => void>>();

  /** Calls `handler` for each `name` event until the returned function is called. */
  on<Name extends keyof Events>(name: Name, handler: (payload: Events[Name]) => void): Unsubscribe {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  /** Calls `handler` for the next `name` event only. */
  once<Name extends keyof Events>(name: Name, handler: (payload: Events[Name]) => void): Unsubscribe {
    const unsubscribe = this.on(name, (payload) => {
      unsubscribe();
      handler(payload);
    });
    return unsubscribe;
  }

  protected emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    // A copy, since a handler may add or remove handlers.
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      try {
        (handler as (payload: Events[Name]) => void)(payload);
      } catch (error) {
        console.error(`sluice: a handler of "${String(name)}" threw`, error);
      }
    }
  }
}
