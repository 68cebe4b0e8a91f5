import type { LocalTrackStats, TrackSource } from '../api/types.js';
import { SILENCE } from '../core/active_speakers.js';
import { DeliveryRate } from '../core/delivery_rate.js';
import type { Frame } from '../core/frame.js';
import type { UplinkSender } from '../core/uplink_sender.js';
import { AudioPublisher } from './audio_publisher.js';
import type { AudioInput, Failure, VideoInput } from './messages.js';
import { sharedNowMs } from './shared_clock.js';
import { UplinkShares } from './uplink_shares.js';
import { VideoPublisher } from './video_publisher.js';

type Publisher = VideoPublisher | AudioPublisher;

interface LocalTrack {
  readonly publisher: Publisher;
  rate: DeliveryRate;
  /** The server's names for it on this connection, once `published` came. */
  published: { readonly track: string; readonly handle: number } | undefined;
  /** A `publish` is on its way. */
  requested: boolean;
  grabbing: boolean;
}

/** What {@link LocalTracks} tells the session. */
export interface LocalTracksEvents {
  /** Ask the server to publish this source now (if connected). */
  publishable(source: TrackSource): void;
  encoded(kind: 'audio' | 'video', frame: Frame): void;
  failed(source: TrackSource, failure: Failure): void;
  /** The page shall grab a picture. */
  grab(source: 'camera' | 'screen'): void;
}

/** Grabbed pictures a second: where the browser does not stream them. */
const GRAB_EVERY_MS = 1000 / 30;

/** Our own tracks: from open devices to encoded frames, whatever becomes of connections. */
export class LocalTracks {
  readonly #tracks = new Map<TrackSource, LocalTrack>();
  #shares = new UplinkShares();
  #grabTimer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly events: LocalTracksEvents,
    /** The connection's, while there is one. */
    private readonly uplink: () => UplinkSender | undefined,
    /** The uplink's time, in ms. */
    private readonly uplinkNow: () => number,
    /** Sound goes over another connection than this uplink's. */
    private readonly soundHasLane: () => boolean,
  ) {}

  openVideo(source: 'camera' | 'screen', input: VideoInput): void {
    const track = this.#open(source, () => this.#newVideoPublisher(source));
    const publisher = track.publisher as VideoPublisher;
    track.grabbing = input.kind === 'grab';
    if (input.kind === 'stream') publisher.read(input.readable);
    this.#armGrabbing();
  }

  openAudio(source: 'microphone' | 'screen_audio', input: AudioInput): void {
    const { publisher } = this.#open(source, () => this.#newAudioPublisher(source));
    if (input.kind === 'stream') (publisher as AudioPublisher).read(input.readable);
    else (publisher as AudioPublisher).listen(input.port, input.sampleRate);
  }

  /** A picture that the page grabbed. */
  push(source: 'camera' | 'screen', frame: VideoFrame): void {
    const publisher = this.#tracks.get(source)?.publisher;
    if (publisher instanceof VideoPublisher) publisher.push(frame);
    else frame.close();
  }

  /** @returns the server's id of the track, if it knows it. */
  setMuted(source: TrackSource, muted: boolean): string | undefined {
    const track = this.#tracks.get(source);
    track?.publisher.setMuted(muted);
    if (track && muted) track.grabbing = false;
    this.#armGrabbing();
    return track?.published?.track;
  }

  /** @returns the server's id of the track, if it knew it. */
  close(source: TrackSource): { readonly track: string; readonly handle: number } | undefined {
    const track = this.#tracks.get(source);
    track?.publisher.close();
    this.#tracks.delete(source);
    this.#armGrabbing();
    return track?.published;
  }

  closeAll(): void {
    for (const source of [...this.#tracks.keys()]) this.close(source);
  }

  /** What to publish: everything whose format is known and that was not asked for yet. */
  takePublishable(): { source: TrackSource; description: NonNullable<Publisher['description']> }[] {
    const publishable = [];
    for (const [source, track] of this.#tracks) {
      const { description } = track.publisher;
      if (!description || track.published || track.requested) continue;
      track.requested = true;
      publishable.push({ source, description });
    }
    return publishable;
  }

  /** The server took it. False when it was closed meanwhile: unpublish it. */
  published(source: TrackSource, track: string, handle: number): boolean {
    const local = this.#tracks.get(source);
    if (!local) return false;
    local.published = { track, handle };
    local.requested = false;
    local.rate = new DeliveryRate();
    local.publisher.setActive(true);
    // The first keyframe should know what the link carries.
    const uplink = this.uplink();
    if (uplink) this.tick(uplink);
    return true;
  }

  /** The connection is gone: what was published is no longer. */
  disconnected(): void {
    for (const track of this.#tracks.values()) {
      track.published = undefined;
      track.requested = false;
      track.publisher.setActive(false);
    }
    // Another connection is another link.
    this.#shares = new UplinkShares();
  }

  isMuted(source: TrackSource): boolean {
    return this.#tracks.get(source)?.publisher.muted ?? false;
  }

  isPublished(source: TrackSource): boolean {
    return this.#tracks.get(source)?.published !== undefined;
  }

  /** The server, or the uplink, needs a keyframe of one encoding. */
  requestKeyframe(trackOrHandle: string | number, encoding: number): void {
    this.#video(trackOrHandle)?.requestKeyframe(encoding);
  }

  /** The server says which encodings of a track of ours anybody may be sent. */
  setDemand(track: string, encodings: readonly number[]): void {
    this.#video(track)?.setDemand(encodings);
  }

  /** Ten times a second, while connected: divides what the uplink carries. */
  tick(uplink: UplinkSender): void {
    const now = sharedNowMs();
    const publishers = new Map<TrackSource, VideoPublisher>();
    let audioBps = 0;
    for (const [source, { publisher, published, rate }] of this.#tracks) {
      if (!published) continue;
      rate.push(uplink.counts(published.handle).sentBytes, now);
      if (publisher instanceof VideoPublisher) publishers.set(source, publisher);
      else if (!this.soundHasLane()) audioBps += rate.bitsPerSecond(now);
    }
    for (const publisher of publishers.values()) publisher.tick();
    this.#shares.update(uplink, publishers, audioBps, this.uplinkNow());
  }

  /** How loud the microphone was since the last call, minus dBov. */
  takeLoudest(): number {
    const publisher = this.#tracks.get('microphone')?.publisher;
    return publisher instanceof AudioPublisher ? publisher.takeLoudest() : SILENCE;
  }

  size(source: TrackSource): { width: number; height: number } {
    const { width = 0, height = 0 } = this.#tracks.get(source)?.publisher.description ?? {};
    return { width, height };
  }

  stats(uplink: UplinkSender | undefined): LocalTrackStats[] {
    const now = sharedNowMs();
    return [...this.#tracks].map(([source, { publisher, published, rate }]) => {
      const counts = published && uplink?.counts(published.handle);
      return {
        width: 0,
        height: 0,
        fps: 0,
        framesSkipped: 0,
        encodings: [],
        ...publisher.stats(),
        source,
        kind: publisher instanceof VideoPublisher ? ('video' as const) : ('audio' as const),
        bitrateBps: Math.round(published ? rate.bitsPerSecond(now) : 0),
        framesSent: counts?.sentFrames ?? 0,
        framesThinned: counts?.thinnedFrames ?? 0,
        bytes: counts?.sentBytes ?? 0,
      };
    });
  }

  #open(source: TrackSource, create: () => Publisher): LocalTrack {
    let track = this.#tracks.get(source);
    if (!track) {
      track = {
        publisher: create(),
        rate: new DeliveryRate(),
        published: undefined,
        requested: false,
        grabbing: false,
      };
      this.#tracks.set(source, track);
    }
    return track;
  }

  #newVideoPublisher(source: 'camera' | 'screen'): VideoPublisher {
    const name = (encoding: number) => {
      const handle = this.#tracks.get(source)?.published?.handle;
      return handle === undefined ? undefined : { handle, encoding };
    };
    const events = {
      ...this.#publisherEvents(source, 'video'),
      stopped: (encoding: number) => {
        const stopped = name(encoding);
        if (stopped) this.uplink()?.stopEncoding(stopped);
      },
    };
    return new VideoPublisher(source, events, (encoding) => {
      const wanted = name(encoding);
      const uplink = this.uplink();
      return wanted !== undefined && (uplink?.wantsPictures(wanted, this.uplinkNow()) ?? false);
    });
  }

  #video(trackOrHandle: string | number): VideoPublisher | undefined {
    for (const { publisher, published } of this.#tracks.values()) {
      const named = published?.track === trackOrHandle || published?.handle === trackOrHandle;
      if (named && publisher instanceof VideoPublisher) return publisher;
    }
    return undefined;
  }

  #newAudioPublisher(source: 'microphone' | 'screen_audio'): AudioPublisher {
    return new AudioPublisher(source, this.#publisherEvents(source, 'audio'));
  }

  #publisherEvents(source: TrackSource, kind: 'audio' | 'video') {
    return {
      ready: () => this.events.publishable(source),
      failed: (failure: Failure) => this.events.failed(source, failure),
      encoded: (frame: Omit<Frame, 'handle'>) => {
        const handle = this.#tracks.get(source)?.published?.handle;
        if (handle !== undefined) this.events.encoded(kind, { ...frame, handle });
      },
    };
  }

  /** Workers keep their timers when the page is hidden; the page's own are slowed down. */
  #armGrabbing(): void {
    clearInterval(this.#grabTimer);
    this.#grabTimer = undefined;
    const sources = [...this.#tracks].filter(([, { grabbing }]) => grabbing).map(([source]) => source);
    if (sources.length === 0) return;
    this.#grabTimer = setInterval(() => {
      for (const source of sources) this.events.grab(source as 'camera' | 'screen');
    }, GRAB_EVERY_MS);
  }
}
