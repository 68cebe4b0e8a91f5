/** Some seconds of reports. */
const SAMPLES_MAX = 64;
const SAMPLES_MIN = 8;
const PERCENTILE = 0.75;
/** Half of a report interval: so uncertain is each delay that a report shows. */
const LEAST_MS = 25;
/** More is not uncertainty. */
const MOST_MS = 120;

/**
 * How much of a report's delay is not the link's: reports come at intervals, and later when the
 * server or this page is short of time. Learnt while the link is not full, when all delay beyond
 * the shortest is of that kind; taken for the link's, it would spiral the rate down to nothing.
 *
 * Bound: the newest 64 samples.
 */
export class ReportNoise {
  readonly #samples: number[] = [];
  #next = 0;
  #slackMs = LEAST_MS;

  /** @param excessMs - beyond the shortest delay, while nothing had to wait for the link. */
  learn(excessMs: number): void {
    this.#samples[this.#next] = excessMs;
    this.#next = (this.#next + 1) % SAMPLES_MAX;
    if (this.#samples.length < SAMPLES_MIN) return;
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const usual = sorted[Math.floor((sorted.length - 1) * PERCENTILE)] as number;
    this.#slackMs = Math.min(MOST_MS, Math.max(LEAST_MS, usual));
  }

  /** What is to be taken off a delay before it counts as queueing. */
  get slackMs(): number {
    return this.#slackMs;
  }
}
