import { frameDistance } from './frame.js';

/** What the wire says of an encoded video frame. */
export interface FrameStructure {
  readonly number: number;
  readonly group: number;
  readonly temporalLayer: number;
  readonly discardable: boolean;
  readonly dependencies: readonly number[];
}

/**
 * Numbers the frames that an encoder puts out, and names what each depends on (docs/protocol.md,
 * 5.1), from the temporal layer that WebCodecs reports.
 *
 * Without a layer (an encoder with no `scalabilityMode`) every frame depends on the one before.
 */
export class TemporalDependencies {
  #next = 0;
  #group = 0;
  /** The newest frame of each layer in this group. */
  #newest: (number | undefined)[] = [];

  /** @param temporalLayers - how many the encoder makes; 1 without scalability. */
  constructor(private readonly temporalLayers: number) {}

  /** Takes the next frame that the encoder put out, in its order. */
  next(keyframe: boolean, temporalLayerId: number | undefined): FrameStructure {
    const number = this.#next;
    this.#next = (this.#next + 1) >>> 0;
    const temporalLayer = keyframe ? 0 : Math.min(temporalLayerId ?? 0, this.temporalLayers - 1);
    if (keyframe) {
      this.#group = (this.#group + 1) >>> 0;
      this.#newest = [number];
    }
    const structure: FrameStructure = {
      number,
      group: this.#group,
      temporalLayer,
      discardable: !keyframe && temporalLayer > 0 && temporalLayer === this.temporalLayers - 1,
      dependencies: keyframe ? [] : [this.#distanceToReference(number, temporalLayer)],
    };
    this.#newest[temporalLayer] = number;
    return structure;
  }

  /** Layer 0 and 1 refer to layer 0; layer 2 to the nearest of layer 0 or 1. */
  #distanceToReference(number: number, temporalLayer: number): number {
    const highest = Math.max(0, temporalLayer - 1);
    let distance = Number.POSITIVE_INFINITY;
    for (let layer = 0; layer <= highest; layer++) {
      const reference = this.#newest[layer];
      if (reference === undefined) continue;
      distance = Math.min(distance, frameDistance(number, reference));
    }
    return distance;
  }
}
