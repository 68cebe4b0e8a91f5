/** After speech, packets go on for so long: a pause between words is not one between turns. */
const HANGOVER_PACKETS = 15;

/**
 * Says which packets of a microphone are worth sending.
 *
 * An open microphone in a quiet room costs as much as one that is spoken into, on the way up and
 * once for everybody on the way down: 50 packets a second, of whose bytes a third are headers. What
 * nobody can hear is left out, after 300 ms of it; receivers take a gap in capture time without one
 * in frame numbers for silence that was meant (docs/protocol.md 5.2). Only the level
 * decides: whatever can be heard is sent, be it speech, music or noise.
 */
export class SilenceGate {
  #quiet = 0;

  /** `quietFrom`: the level (minus dBov) from which on nothing can be heard. */
  constructor(private readonly quietFrom: number) {}

  /** Whether a packet of this level is to be sent; to be asked of each, in order. */
  passes(level: number): boolean {
    this.#quiet = level < this.quietFrom ? 0 : Math.min(this.#quiet + 1, HANGOVER_PACKETS + 1);
    return this.#quiet <= HANGOVER_PACKETS;
  }
}
