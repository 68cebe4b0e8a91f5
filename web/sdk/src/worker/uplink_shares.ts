import type { TrackSource } from '../api/types.js';
import { EncodingAllocation, type EncodingCandidate } from '../core/encoding_allocation.js';
import { UplinkBudget } from '../core/uplink_budget.js';
import type { UplinkSender } from '../core/uplink_sender.js';
import type { VideoPublisher } from './video_publisher.js';

/** One encoding that somebody wants, and whose it is. */
interface TrackEncoding extends EncodingCandidate {
  readonly source: TrackSource;
  readonly encoding: number;
}

/** Divides one connection's uplink among the encodings of all video tracks. */
export class UplinkShares {
  readonly #budget = new UplinkBudget();
  readonly #allocation = new EncodingAllocation();
  #leftOut = 0;

  /**
   * Learns from the uplink and tells the publishers what they may make; call it ten times a second.
   *
   * @param audioBps - what sound takes of the link now.
   */
  update(
    uplink: UplinkSender,
    publishers: ReadonlyMap<TrackSource, VideoPublisher>,
    audioBps: number,
    nowMs: number,
  ): void {
    const wanted = wantedEncodings(publishers);
    const { link, leftOut } = uplink;
    const condition = {
      // A track that ended takes its count along.
      leftOut: leftOut > this.#leftOut,
      queueMs: uplink.queueMs(nowMs),
      queueingMs: link.queueingMs,
      linkBps: link.bitsPerSecond,
      outage: link.outage(nowMs),
      audioBps,
    };
    this.#leftOut = leftOut;
    this.#budget.update(condition, this.#allocation.usefulBps(wanted), nowMs);
    const shares = this.#allocation.divide(this.#budget.videoBps, wanted, nowMs);
    for (const [source, publisher] of publishers) {
      const own = new Map<number, number>();
      wanted.forEach((each, index) => {
        if (each.source === source) own.set(each.encoding, shares[index] ?? 0);
      });
      publisher.setBitrates(own);
    }
  }
}

/** Smallest first; among equals a screen goes before a face. */
function wantedEncodings(publishers: ReadonlyMap<TrackSource, VideoPublisher>): TrackEncoding[] {
  const wanted = (['screen', 'camera'] as const).flatMap((source) => {
    const publisher = publishers.get(source);
    const plans = publisher?.plan?.encodings ?? [];
    return plans.flatMap(({ minBitrateBps, maxBitrateBps }, encoding) => {
      const smallest = encoding === 0;
      const key = `${source} ${encoding}`;
      const candidate = { key, source, encoding, smallest, minBitrateBps, maxBitrateBps };
      return publisher?.isWanted(encoding) ? [candidate] : [];
    });
  });
  return wanted.sort((a, b) => a.encoding - b.encoding);
}
