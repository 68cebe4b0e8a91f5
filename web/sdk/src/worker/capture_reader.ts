/**
 * Hands over what a capture stream delivers, from one stream at a time: a new one takes the place
 * of the old. Whoever takes a piece closes it.
 */
export class CaptureReader<Piece extends VideoFrame | AudioData> {
  #reader: ReadableStreamDefaultReader<Piece> | undefined;

  constructor(private readonly take: (piece: Piece) => void) {}

  read(readable: ReadableStream<Piece>): void {
    this.stop();
    const reader = readable.getReader();
    this.#reader = reader;
    void this.#pump(reader);
  }

  stop(): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = undefined;
  }

  async #pump(reader: ReadableStreamDefaultReader<Piece>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (this.#reader === reader) this.take(value);
        else value.close();
      }
    } catch {
      // The track ended under the reader; the page hears of that from the track itself.
    }
  }
}
