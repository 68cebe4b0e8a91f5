import type { ConnectionQuality, RemoteTrackStats } from '../api/types.js';

/** Figures are compared over this many seconds. */
const WINDOW_S = 4;
/** More made-up sound than this is heard. */
const CONCEALED_WEAK = 0.03;
/** More standing still than this is seen. */
const FROZEN_WEAK_S = 0.5;

interface Sample {
  readonly frozenSeconds: number;
  readonly received: number;
  readonly played: number;
  readonly concealed: number;
}

/** Judges how well one participant is received, from statistics once a second. */
export class QualityMeter {
  #samples: Sample[] = [];

  /**
   * @param tracks - figures of what they send and we want; empty when that is nothing.
   */
  update(tracks: readonly RemoteTrackStats[]): ConnectionQuality {
    if (tracks.length === 0) {
      this.#samples = [];
      return 'unknown';
    }
    const sum = (value: (track: RemoteTrackStats) => number): number =>
      tracks.reduce((total, track) => total + value(track), 0);
    this.#samples.push({
      frozenSeconds: sum((track) => track.frozenSeconds),
      received: sum((track) => track.framesReceived),
      played: sum((track) => (track.kind === 'audio' ? track.framesShown : 0)),
      concealed: sum((track) => track.concealedShare * track.framesShown),
    });
    if (this.#samples.length > WINDOW_S + 1) this.#samples.shift();
    return this.#judge();
  }

  #judge(): ConnectionQuality {
    const first = this.#samples[0] as Sample;
    const last = this.#samples.at(-1) as Sample;
    if (this.#samples.length <= 2) return 'unknown';
    // A track that was published anew counts from zero again.
    if (last.received < first.received) {
      this.#samples = [last];
      return 'unknown';
    }
    if (last.received === first.received) return 'lost';
    const played = Math.max(1, last.played - first.played);
    const concealed = Math.max(0, last.concealed - first.concealed) / played;
    const frozen = last.frozenSeconds - first.frozenSeconds;
    return concealed > CONCEALED_WEAK || frozen > FROZEN_WEAK_S ? 'weak' : 'good';
  }
}
