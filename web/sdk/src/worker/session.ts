import type { SluiceErrorCode } from '../api/errors.js';
import type { CloseReason, TrackSource } from '../api/types.js';
import type { ServerMessage } from '../core/control_messages.js';
import type { Frame } from '../core/frame.js';
import { FrameAssembler } from '../core/frame_assembler.js';
import { publishableSources } from '../core/publish_rights.js';
import { ReconnectPolicy } from '../core/reconnect_policy.js';
import { BEAT_MS, RunningClock } from '../core/running_clock.js';
import { UplinkCounts } from '../core/uplink_counts.js';
import { UplinkSender } from '../core/uplink_sender.js';
import { Connection, type ConnectionEnd, type Entered, type Entry, type Hello } from './connection.js';
import { LocalTracks } from './local_tracks.js';
import type { Failure, FromWorker, JoinParameters } from './messages.js';
import { RemoteTracks } from './remote_tracks.js';
import { sharedNowMs } from './shared_clock.js';
import { type LaneOwner, SoundLane } from './sound_lane.js';
import { UplinkPump } from './uplink_pump.js';

/** Reasons after which coming back would be wrong. */
const FINAL_GOODBYES = ['left', 'duplicate_identity', 'removed', 'room_closed'];
/** Errors that the next attempt would meet again. */
const FINAL_ERRORS: Record<string, SluiceErrorCode | undefined> = {
  unauthorized: 'unauthorized',
  not_permitted: 'not_permitted',
  unsupported_version: 'protocol',
  invalid_field: 'protocol',
};
/**
 * Errors that end a first join. Who was in may find the place taken by a connection of their own
 * that the server does not yet know to be dead, or a server that takes in everybody at once.
 */
const FINAL_FOR_NEWCOMERS: Record<string, SluiceErrorCode | undefined> = {
  room_full: 'room_full',
  server_full: 'server_full',
};
/** Reasons that say more than that reconnecting was given up. */
const TELLING_GOODBYES = ['server_shutdown', 'too_slow'] as const;
const TICK_MS = 100;
const STATS_MS = 1000;
/** A first join that does not succeed in these attempts is reported, not tried for minutes. */
const FIRST_ATTEMPTS = 3;

/**
 * A meeting as the worker sees it, over all its connections: joins, publishes what is open,
 * receives what is subscribed, and comes back after an outage.
 */
export class Session {
  readonly #local: LocalTracks;
  readonly #remote: RemoteTracks;
  #parameters: JoinParameters | undefined;
  #connection: Connection | undefined;
  #uplink: UplinkPump | undefined;
  /** While the server lets us have one. */
  #lane: SoundLane | undefined;
  readonly #uplinkClock = new RunningClock();
  #assembler = new FrameAssembler(0);
  #policy = new ReconnectPolicy();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #beatTimer: ReturnType<typeof setInterval> | undefined;
  #wasJoined = false;
  /** What the server said when it last ended a meeting that we were in. */
  #lastGoodbye: string | undefined;
  #serverSession: string | undefined;
  #joinedNow = false;
  /** Undefined: every source. */
  #publishable: readonly string[] | undefined;
  #nextId = 1;
  /** Which source each `publish` under way is about. */
  readonly #publishing = new Map<number, TrackSource>();
  #sentBytes = 0;
  #receivedBytes = 0;
  #reconnects = 0;
  #statsMs = 0;
  #outputLatencyMs = 0;

  constructor(private readonly post: (message: FromWorker, transfer?: Transferable[]) => void) {
    this.#local = new LocalTracks(
      {
        publishable: () => this.#publish(),
        encoded: (kind, frame) => this.#send(kind, frame),
        failed: (source, failure) => this.post({ type: 'failure', source, failure }),
        grab: (source) => this.post({ type: 'grab', source }),
      },
      () => this.#uplink?.sender,
      () => this.#uplinkNow(),
      () => this.#lane?.open ?? false,
    );
    this.#remote = new RemoteTracks(
      {
        requestKeyframe: (track) => this.#connection?.send({ type: 'keyframe', track }),
        post: (message, transfer) => this.post(message, transfer),
      },
      () => this.#outputLatencyMs,
    );
    setInterval(() => this.#tick(), TICK_MS);
  }

  get local(): LocalTracks {
    return this.#local;
  }

  get remote(): RemoteTracks {
    return this.#remote;
  }

  join(parameters: JoinParameters): void {
    this.leave();
    this.#parameters = parameters;
    this.#policy = new ReconnectPolicy();
    this.#wasJoined = false;
    this.#lastGoodbye = undefined;
    this.#reconnects = 0;
    this.#state('connecting');
    this.#connect();
  }

  /** Leaves without a word to the page, which knows. */
  leave(): void {
    this.#parameters = undefined;
    clearTimeout(this.#retryTimer);
    this.#disconnect();
    this.#remote.closeAll();
  }

  retryNow(): void {
    if (!this.#parameters || this.#connection) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }

  setMuted(source: TrackSource, muted: boolean): void {
    const track = this.#local.setMuted(source, muted);
    if (track) this.#connection?.send({ type: 'mute', track, muted });
  }

  closeTrack(source: TrackSource): void {
    const published = this.#local.close(source);
    if (!published) return;
    this.#uplink?.sender.removeTrack(published.handle);
    this.#lane?.removeTrack(published.handle);
    this.#connection?.send({ type: 'unpublish', id: this.#nextId++, track: published.track });
  }

  setVisibleSize(track: string, width: number, height: number): void {
    this.#connection?.send({ type: 'subscribe', track, max_width: width, max_height: height });
  }

  setOutputLatency(ms: number): void {
    this.#outputLatencyMs = ms;
  }

  #connect(): void {
    const parameters = this.#parameters;
    if (!parameters) return;
    const events = {
      entered: this.#onEntered.bind(this),
      control: this.#onControl.bind(this),
      media: this.#onMedia.bind(this),
      ended: this.#onEnded.bind(this),
    };
    try {
      const join = joinMessage(parameters);
      this.#connection = new Connection(parameters.url, join, events, () => this.#remote.reports());
    } catch (error) {
      this.#close('error', {
        code: 'connection_failed',
        message: `"${parameters.url}" is not an address that can be connected to (${String(error)}).`,
      });
    }
  }

  #onEntered(joined: Entered, hello: Hello): void {
    const connection = this.#connection;
    if (joined.type !== 'joined' || !connection || !this.#parameters) return;
    this.#policy.onConnected(sharedNowMs());
    this.#serverSession = hello.session;
    this.#assembler = new FrameAssembler(hello.limits['frame_bytes'] ?? 2 << 20);
    this.#beatTimer = setInterval(() => this.#uplinkNow(), BEAT_MS);
    const counts = new UplinkCounts();
    const sender = new UplinkSender(hello.limits['chunk_bytes'] ?? 1 << 16, counts);
    this.#uplink = new UplinkPump(sender, connection, () => this.#uplinkNow(), {
      sent: (bytes) => (this.#sentBytes += bytes),
      keyframeNeeded: ({ handle, encoding }) => this.#local.requestKeyframe(handle, encoding),
    });
    if (joined.lane !== undefined) {
      const { url } = this.#parameters;
      const { room, participant } = joined;
      this.#lane = this.#newLane({ url, room, participant: participant.participant }, counts);
      this.#lane.admit(joined.lane);
    }
    if (this.#wasJoined) this.#reconnects++;
    this.#wasJoined = this.#joinedNow = true;
    this.#publishable = publishableSources(joined.permissions);
    this.#remote.joined(joined.participants);
    this.post({ type: 'control', message: joined });
    this.#state('connected');
    this.#publish();
  }

  #newLane(owner: LaneOwner, counts: UplinkCounts): SoundLane {
    return new SoundLane(owner, counts, () => this.#uplinkNow(), {
      frame: (frame) => this.#remote.receive(frame, 'lane'),
      control: (message) => this.#onControl(message),
      sent: (bytes) => (this.#sentBytes += bytes),
      ended: (unsent) => {
        for (const frame of unsent) this.#send('audio', frame);
        this.#remote.laneClosed();
      },
    });
  }

  #onControl(message: ServerMessage): void {
    this.#remote.handle(message);
    switch (message.type) {
      case 'published':
        return this.#onPublished(message);
      case 'keyframe':
        return this.#local.requestKeyframe(message.track, message.encoding);
      case 'demand':
        return this.#local.setDemand(message.track, message.encodings);
      case 'report':
        return this.#uplink?.onReport(message.received_bytes);
      case 'lane_closed':
        return this.#lane?.admit(message.lane);
      case 'error':
        return this.#onRefused(message);
      case 'goodbye':
        return;
      default:
        this.post({ type: 'control', message });
    }
  }

  #onMedia(message: Uint8Array): void {
    const result = this.#assembler.push(message);
    // One bad chunk costs its frame; the dependency check sees to what needs that.
    if (result && typeof result !== 'string') this.#remote.receive(result, 'first');
  }

  #onPublished({ reply_to, track }: Extract<ServerMessage, { type: 'published' }>): void {
    const source = this.#takePublishing(reply_to) ?? track.source;
    if (!this.#local.published(source, track.track, track.handle)) {
      this.#connection?.send({ type: 'unpublish', id: this.#nextId++, track: track.track });
      return;
    }
    const muted = this.#local.isMuted(source);
    if (muted !== track.muted) this.#connection?.send({ type: 'mute', track: track.track, muted });
    this.post({ type: 'published', source, ...this.#local.size(source) });
  }

  #onRefused(error: Extract<ServerMessage, { type: 'error' }>): void {
    const source = this.#takePublishing(error.reply_to);
    // A track may end between the server's sending and our asking about it.
    if (error.code === 'unknown_track') return;
    const known = error.code === 'not_permitted' || error.code === 'limit_reached';
    const code: SluiceErrorCode = known ? (error.code as SluiceErrorCode) : 'protocol';
    this.post({ type: 'failure', source, failure: { code, message: error.message } });
  }

  #takePublishing(id: number | undefined): TrackSource | undefined {
    if (id === undefined) return undefined;
    const source = this.#publishing.get(id);
    this.#publishing.delete(id);
    return source;
  }

  #publish(): void {
    if (!this.#joinedNow) return;
    for (const { source, description } of this.#local.takePublishable()) {
      // The page closes what may not be sent.
      if (this.#publishable && !this.#publishable.includes(source)) continue;
      const id = this.#nextId++;
      this.#publishing.set(id, source);
      this.#connection?.send({ type: 'publish', id, ...description });
    }
  }

  #onEnded({ goodbye, error }: ConnectionEnd): void {
    if (this.#joinedNow) this.#lastGoodbye = goodbye;
    this.#disconnect();
    if (goodbye !== undefined && FINAL_GOODBYES.includes(goodbye)) {
      return this.#close(goodbye as CloseReason);
    }
    const code =
      error &&
      (FINAL_ERRORS[error.code] ?? (this.#wasJoined ? undefined : FINAL_FOR_NEWCOMERS[error.code]));
    if (error && code) return this.#close('error', { code, message: error.message });
    const delayMs = this.#policy.next(sharedNowMs(), Math.random());
    const hopeless = !this.#wasJoined && this.#policy.attempts > FIRST_ATTEMPTS;
    if (delayMs === undefined || hopeless) {
      const detail = error ? ` (${error.message})` : '';
      return this.#close(this.#cutOffBy(), {
        code: 'connection_failed',
        message: `The server could not be reached${detail}. Check the connection and try again.`,
      });
    }
    this.#state(this.#wasJoined ? 'reconnecting' : 'connecting');
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
  }

  #disconnect(): void {
    this.#receivedBytes = this.#allReceivedBytes();
    this.#connection?.close();
    this.#connection = undefined;
    this.#uplink?.stop();
    this.#uplink = undefined;
    this.#lane?.close();
    this.#lane = undefined;
    this.#joinedNow = false;
    this.#publishing.clear();
    clearInterval(this.#beatTimer);
    this.#local.disconnected();
  }

  #close(reason: CloseReason, failure?: Failure): void {
    this.leave();
    this.post({ type: 'state', state: 'closed', attempt: 0, reason, ...(failure ? { failure } : {}) });
  }

  #state(state: 'connecting' | 'connected' | 'reconnecting'): void {
    const why = state === 'reconnecting' ? { reason: this.#cutOffBy() } : {};
    this.post({ type: 'state', state, attempt: this.#policy.attempts, ...why });
  }

  /** What ended the connection on which we were last in. */
  #cutOffBy(): CloseReason {
    return TELLING_GOODBYES.find((each) => each === this.#lastGoodbye) ?? 'connection_lost';
  }

  /** The uplink's time: this thread's stalls are not delays of the link. */
  #uplinkNow(): number {
    return this.#uplinkClock.at(sharedNowMs());
  }

  #send(kind: 'audio' | 'video', frame: Frame): void {
    if (kind === 'audio' && this.#lane?.open) return this.#lane.send(frame);
    const now = this.#uplinkNow();
    if (kind === 'audio') this.#uplink?.sender.enqueueAudio(frame, now);
    else this.#uplink?.sender.enqueueVideo(frame, now);
    this.#uplink?.pump();
  }

  #allReceivedBytes(): number {
    const first = this.#connection?.receivedBytes ?? 0;
    return this.#receivedBytes + first + (this.#lane?.receivedBytes ?? 0);
  }

  #tick(): void {
    const now = sharedNowMs();
    if (this.#uplink) {
      this.#local.tick(this.#uplink.sender);
      // Keyframes that are needed come out of it even while nothing waits.
      this.#uplink.pump();
      this.#lane?.tick();
    }
    this.#remote.tick();
    this.post({
      type: 'levels',
      local: this.#local.takeLoudest(),
      remote: this.#remote.takeLevels(),
    });
    if (now - this.#statsMs < STATS_MS) return;
    this.#statsMs = now;
    this.post({ type: 'stats', stats: this.#stats() });
  }

  #stats() {
    const rttMs = this.#connection?.rttMs;
    const uplink = this.#uplink?.sender;
    return {
      session: this.#serverSession,
      rttMs,
      uplinkInFlightBytes: (uplink?.link.inFlightBytes ?? 0) + (this.#lane?.inFlightBytes ?? 0),
      uplinkQueueMs: uplink?.queueMs(this.#uplinkNow()) ?? 0,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#allReceivedBytes(),
      reconnects: this.#reconnects,
      laneOpen: this.#lane?.open ?? false,
      local: this.#local.stats(uplink),
      remote: this.#remote.stats(rttMs ?? 0),
    };
  }
}

function joinMessage({ room, name, identity, token, lanes }: JoinParameters): Entry {
  return {
    type: 'join',
    id: 0,
    room,
    auto_subscribe: true,
    identity,
    ...(name === '' ? {} : { name }),
    ...(token === undefined ? {} : { token }),
    ...(lanes ? { lanes } : {}),
  };
}
