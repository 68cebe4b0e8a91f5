import type { EncodingStats, LocalTrackStats } from '../api/types.js';
import { CaptureClock } from '../core/capture_clock.js';
import type { TrackDescription } from '../core/control_messages.js';
import { EncoderLoad } from '../core/encoder_load.js';
import { cameraPlans, type EncodingPlan, screenPlans, type VideoPlan } from '../core/encoding_plan.js';
import type { Frame } from '../core/frame.js';
import { PicturePacer } from '../core/picture_pacer.js';
import { CaptureReader } from './capture_reader.js';
import type { Failure } from './messages.js';
import { sharedNowMs } from './shared_clock.js';
import { VideoEncoding } from './video_encoding.js';

/** What a publisher tells the session. */
export interface VideoPublisherEvents {
  /** The encoders are chosen: the track can be published (again, when its size changed). */
  ready(): void;
  encoded(frame: Omit<Frame, 'handle'>): void;
  /** An encoding is not made for now: what waits of it is worthless. */
  stopped(encoding: number): void;
  failed(failure: Failure): void;
}

/** A still screen is encoded again so often: it sharpens, and late joiners soon see it. */
const STILL_REFRESH_MS = 1000;
/** Which of its encodings a track may make is decided by several, each of which may say no. */
type Say = 'cpu' | 'link' | 'demand' | 'encoder';
type Allowed = Record<Say, (encoding: number) => boolean>;

/** Encodes the pictures of a camera or a screen. Owns each picture that it is given. */
export class VideoPublisher {
  readonly #reader = new CaptureReader<VideoFrame>((frame) => this.push(frame));
  #plan: VideoPlan | undefined;
  #encodings: VideoEncoding[] = [];
  #load = new EncoderLoad(1);
  #allowed = allowAll();
  /** Encodings whose encoder failed for good. */
  readonly #failed = new Set<number>();
  #sourceSize = { width: 0, height: 0 };
  #preparing = false;
  #active = false;
  #muted = false;
  #closed = false;
  #pacer = new PicturePacer(30);
  readonly #clock = new CaptureClock();
  #held: VideoFrame | undefined;
  #heldMs = 0;
  #encodedMs = 0;
  #skippedFrames = 0;

  constructor(
    readonly source: 'camera' | 'screen',
    private readonly events: VideoPublisherEvents,
    /** False while a further picture of this encoding would only wait for the uplink. */
    private readonly uplinkWants: (encoding: number) => boolean,
  ) {}

  /** What `publish` says; undefined before {@link VideoPublisherEvents.ready}. */
  get description(): TrackDescription | undefined {
    if (!this.#plan) return undefined;
    const { codec, temporalLayers, encodings } = this.#plan;
    const { width, height } = encodings.at(-1)?.config ?? encodings[0].config;
    const listed = encodings.map(({ config, maxBitrateBps }, encoding) => ({
      encoding,
      width: config.width,
      height: config.height,
      bitrate_bps: maxBitrateBps,
    }));
    return {
      kind: 'video',
      source: this.source,
      codec,
      width,
      height,
      temporal_layers: temporalLayers,
      encodings: listed.length > 1 ? listed : [],
      muted: this.#muted,
    };
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** How it is encoded; undefined before {@link VideoPublisherEvents.ready}. */
  get plan(): VideoPlan | undefined {
    return this.#plan;
  }

  /** Pictures come from `readable` from now on, and no longer from an earlier one. */
  read(readable: ReadableStream<VideoFrame>): void {
    this.#reader.read(readable);
  }

  /** Takes one picture. */
  push(frame: VideoFrame): void {
    const captureUs = this.#clock.map(frame.timestamp, sharedNowMs() * 1000);
    if (this.#closed || this.#muted || !this.#pacer.wants(captureUs / 1000)) {
      frame.close();
      return;
    }
    this.#prepareFor(frame);
    this.#watchLoad();
    this.#encode(frame, captureUs);
    if (this.source === 'screen') this.#hold(frame);
    else frame.close();
  }

  /** Whether frames are wanted: true between `published` and the end of the connection. */
  setActive(active: boolean): void {
    this.#active = active;
    // What another connection wanted is forgotten.
    this.#allowed = { ...this.#allowed, demand: () => true };
    this.#applyAllowed();
    this.requestKeyframe();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.requestKeyframe();
    if (!muted) return;
    this.#reader.stop();
    for (const encoding of this.#encodings) encoding.pause();
    this.#dropHeld();
  }

  /** The next picture will be a keyframe in `encoding`, or in all. */
  requestKeyframe(encoding?: number): void {
    for (const each of this.#encodings) {
      if (encoding === undefined || each.encoding === encoding) each.requestKeyframe();
    }
  }

  /** The server says which encodings anybody may be sent. */
  setDemand(encodings: readonly number[]): void {
    this.#allowed.demand = (encoding) => encodings.includes(encoding);
    this.#applyAllowed();
  }

  /** Whether the encoding would be made if the link carried it. */
  isWanted(encoding: number): boolean {
    const { cpu, demand, encoder } = this.#allowed;
    const made = cpu(encoding) && demand(encoding) && encoder(encoding);
    return this.#active && !this.#muted && made;
  }

  /** What the link carries of each encoding, in bits a second; 0: nothing. */
  setBitrates(bitrates: ReadonlyMap<number, number>): void {
    this.#allowed.link = (encoding) => bitrates.get(encoding) !== 0;
    this.#applyAllowed();
    for (const each of this.#encodings) {
      const bps = bitrates.get(each.encoding);
      if (bps) each.setBitrate(bps);
    }
  }

  /** Keeps a still screen alive; to be called ten times a second. */
  tick(): void {
    const now = sharedNowMs();
    const urgent = this.#encodings.some((each) => each.on && each.keyframeWanted);
    const refreshAfter = urgent ? STILL_REFRESH_MS / 4 : STILL_REFRESH_MS;
    if (!this.#held || !this.#active || now - this.#encodedMs < refreshAfter) return;
    const elapsedUs = Math.round((now - this.#heldMs) * 1000);
    const again = new VideoFrame(this.#held, { timestamp: this.#held.timestamp + elapsedUs });
    this.#encode(again, Math.round(now * 1000));
    again.close();
  }

  stats(): Pick<
    LocalTrackStats,
    | 'codec'
    | 'width'
    | 'height'
    | 'fps'
    | 'targetBitrateBps'
    | 'framesEncoded'
    | 'framesSkipped'
    | 'encodings'
  > {
    const encodings = this.#encodings.map((encoding) => encoding.stats());
    const largest = encodings.filter(({ active }) => active).at(-1);
    const sum = (value: (stats: EncodingStats) => number): number =>
      encodings.reduce((total, each) => total + value(each), 0);
    return {
      codec: this.#plan?.codec ?? '',
      width: largest?.width ?? 0,
      height: largest?.height ?? 0,
      fps: largest?.fps ?? 0,
      targetBitrateBps: sum(({ targetBitrateBps }) => targetBitrateBps),
      framesEncoded: sum(({ framesEncoded }) => framesEncoded),
      framesSkipped: this.#skippedFrames,
      encodings,
    };
  }

  close(): void {
    this.#closed = true;
    this.#reader.stop();
    this.#dropHeld();
    for (const encoding of this.#encodings) encoding.close();
  }

  /** Smallest first: it is what everybody can fall back to. */
  #encode(frame: VideoFrame, captureUs: number): void {
    if (!this.#active) return;
    for (const encoding of this.#encodings) {
      if (!encoding.on) continue;
      if (encoding.behind || !this.uplinkWants(encoding.encoding)) {
        this.#skippedFrames++;
        continue;
      }
      encoding.encode(frame, captureUs);
      this.#encodedMs = sharedNowMs();
    }
  }

  #watchLoad(): void {
    if (!this.#active) return;
    const behind = this.#encodings.some((encoding) => encoding.on && encoding.behind);
    if (!this.#load.captured(behind, sharedNowMs())) return;
    const { carried } = this.#load;
    this.#allowed.cpu = (encoding) => encoding < carried;
    this.#applyAllowed();
  }

  #applyAllowed(): void {
    const { cpu, link, demand, encoder } = this.#allowed;
    let turnedOff = false;
    for (const each of [...this.#encodings].reverse()) {
      const { encoding } = each;
      const on = cpu(encoding) && link(encoding) && demand(encoding) && encoder(encoding);
      if (on && turnedOff) {
        // Who watched the larger one goes on here, at once.
        each.requestKeyframe();
        turnedOff = false;
      }
      if (each.on && !on) {
        turnedOff = demand(encoding);
        this.events.stopped(encoding);
      }
      each.setOn(on);
    }
  }

  #hold(frame: VideoFrame): void {
    this.#dropHeld();
    this.#held = frame;
    this.#heldMs = sharedNowMs();
  }

  #dropHeld(): void {
    this.#held?.close();
    this.#held = undefined;
  }

  /** Chooses encoders for pictures of this size, unless that is done. */
  #prepareFor({ displayWidth: width, displayHeight: height }: VideoFrame): void {
    const same = width === this.#sourceSize.width && height === this.#sourceSize.height;
    if (same || this.#preparing) return;
    this.#sourceSize = { width, height };
    this.#preparing = true;
    void this.#choosePlan(width, height).finally(() => (this.#preparing = false));
  }

  async #choosePlan(width: number, height: number): Promise<void> {
    const source = { width, height };
    const plans =
      this.source === 'camera'
        ? cameraPlans(source, globalThis.navigator.hardwareConcurrency)
        : screenPlans(source);
    for (const plan of plans) {
      if (!(await isSupported(plan)) || this.#closed) continue;
      this.#adopt(plan);
      return;
    }
    if (this.#closed) return;
    this.events.failed({
      code: 'unsupported',
      message: 'This browser cannot encode video of a kind that the others can show.',
    });
  }

  #adopt(plan: VideoPlan): void {
    const known = this.#encodings.length;
    const planned = plan.encodings.length;
    // What was published stays: encodings that it does not name would be refused by the server.
    const count = known > 0 ? known : planned;
    const [first, ...more] = plan.encodings;
    this.#plan = { ...plan, encodings: [first, ...more.slice(0, count - 1)] };
    this.#pacer = new PicturePacer(plan.framerate);
    this.#load = new EncoderLoad(Math.min(count, planned));
    this.#allowed.cpu = (encoding) => encoding < planned;
    this.#encodings.forEach((each, encoding) => {
      const planned = plan.encodings[encoding];
      if (planned) each.setPlan(planned);
    });
    for (let encoding = known; encoding < count; encoding++) {
      const each = plan.encodings[encoding] as EncodingPlan;
      this.#encodings.push(this.#newEncoding(encoding, each, plan.temporalLayers));
    }
    this.#applyAllowed();
    this.events.ready();
  }

  #newEncoding(encoding: number, plan: EncodingPlan, temporalLayers: number): VideoEncoding {
    return new VideoEncoding(encoding, plan, temporalLayers, {
      encoded: (frame) => this.events.encoded(frame),
      failed: (message) => this.#onEncoderFailed(encoding, message),
    });
  }

  #onEncoderFailed(encoding: number, message: string): void {
    this.#failed.add(encoding);
    this.#allowed.encoder = (each) => !this.#failed.has(each);
    this.#applyAllowed();
    // While others work, the picture is only smaller or larger than it could be.
    if (this.#closed || this.#failed.size < this.#encodings.length) return;
    this.events.failed({
      code: 'encoder_failed',
      message: `The video encoder of this browser failed again and again (${message}).`,
    });
  }
}

function allowAll(): Allowed {
  return { cpu: () => true, link: () => true, demand: () => true, encoder: () => true };
}

async function isSupported({ encodings }: VideoPlan): Promise<boolean> {
  const answers = await Promise.all(
    encodings.map(({ config }) =>
      VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false })),
    ),
  );
  return answers.every(({ supported }) => supported);
}
