import type { RemoteTrackStats } from '../api/types.js';
import { syncOffsets } from '../core/av_sync.js';
import type { ParticipantInfo, ServerMessage, TrackInfo, TrackReport } from '../core/control_messages.js';
import type { Frame } from '../core/frame.js';
import type { Way } from '../core/sound_order.js';
import { AudioReceiver } from './audio_receiver.js';
import type { FromWorker, ToWorker, VideoSink } from './messages.js';
import { VideoReceiver } from './video_receiver.js';

type Receiver = VideoReceiver | AudioReceiver;
type AudioSink = Omit<Extract<ToWorker, { type: 'audioSink' }>, 'type' | 'track'>;

/** What {@link RemoteTracks} tells the session. */
export interface RemoteTracksEvents {
  requestKeyframe(track: string): void;
  post(message: FromWorker, transfer?: Transferable[]): void;
}

/** The tracks of the others: keeps a receiver for each that is subscribed. */
export class RemoteTracks {
  readonly #receivers = new Map<string, Receiver>();
  readonly #byHandle = new Map<number, Receiver>();
  /** Descriptions come with `joined` and `track_published`, before `subscribed`. */
  readonly #known = new Map<string, { info: TrackInfo; participant: string }>();
  /** The page may attach before we are subscribed. */
  readonly #sinks = new Map<string, VideoSink>();
  readonly #audioSinks = new Map<string, AudioSink>();
  readonly #reported = new Map<string, string>();

  constructor(
    private readonly events: RemoteTracksEvents,
    private readonly outputLatencyMs: () => number,
  ) {}

  /** A new connection: everything that is not in the room any more ends. */
  joined(participants: readonly ParticipantInfo[]): void {
    // Handles and counts are the connection's, so even tracks that stayed begin anew.
    for (const track of [...this.#receivers.keys()]) this.#unsubscribe(track);
    const before = [...this.#known.keys()];
    this.#known.clear();
    for (const participant of participants) this.#learn(participant);
    for (const track of before) if (!this.#known.has(track)) this.#forget(track);
  }

  handle(message: ServerMessage): void {
    switch (message.type) {
      case 'participant_joined':
        return this.#learn(message.participant);
      case 'participant_left':
        for (const [track, { participant }] of [...this.#known]) {
          if (participant === message.participant) this.#forget(track);
        }
        return;
      case 'track_published':
        this.#known.set(message.track.track, {
          info: message.track,
          participant: message.participant,
        });
        return;
      case 'track_unpublished':
        return this.#forget(message.track);
      case 'subscribed':
        return this.#subscribe(message.track, message.handle);
      case 'unsubscribed':
        return this.#unsubscribe(message.track);
      case 'muted':
        return this.#setMuted(message.track, message.muted);
      case 'track_state':
        return this.#setState(message.track, message.state, message.reason);
      default:
    }
  }

  receive(frame: Frame, way: Way): void {
    const receiver = this.#byHandle.get(frame.handle);
    if (receiver instanceof AudioReceiver) receiver.receive(frame, way);
    else if (way === 'first') receiver?.receive(frame);
  }

  /** Sound comes over the first connection from now on. */
  laneClosed(): void {
    for (const receiver of this.#receivers.values()) {
      if (receiver instanceof AudioReceiver) receiver.laneClosed();
    }
  }

  setVideoSink(track: string, sink: VideoSink): void {
    this.#sinks.set(track, sink);
    const receiver = this.#receivers.get(track);
    if (receiver instanceof VideoReceiver) receiver.setSink(sink);
  }

  setAudioSink(track: string, sink: AudioSink): void {
    this.#audioSinks.set(track, sink);
    const receiver = this.#receivers.get(track);
    if (receiver instanceof AudioReceiver) receiver.setSink(sink.port, sink.ring);
  }

  /** Ten times a second: keeps sound and picture together, reports levels and frozen pictures. */
  tick(): void {
    this.#synchronise();
    for (const [track, receiver] of this.#receivers) {
      if (!(receiver instanceof VideoReceiver)) continue;
      const { width, height, frozen } = receiver;
      const state = `${width}x${height} ${frozen}`;
      if (this.#reported.get(track) === state) continue;
      this.#reported.set(track, state);
      this.events.post({ type: 'videoState', track, width, height, frozen });
    }
  }

  takeLevels(): { track: string; level: number }[] {
    const levels = [];
    for (const [track, receiver] of this.#receivers) {
      if (receiver instanceof AudioReceiver && receiver.info.source === 'microphone') {
        levels.push({ track, level: receiver.takeLoudest() });
      }
    }
    return levels;
  }

  stats(rttMs: number): RemoteTrackStats[] {
    return [...this.#receivers.values()].map((receiver) => receiver.stats(rttMs));
  }

  reports(): TrackReport[] {
    return [...this.#byHandle].map(([handle, receiver]) => {
      const stats = receiver.stats(0);
      return {
        handle,
        decoded: stats.framesDecoded,
        shown: stats.framesShown,
        late: stats.framesLate,
        undecodable: stats.framesUndecodable,
        playout_delay_ms: Math.round(stats.playoutDelayMs),
      };
    });
  }

  closeAll(): void {
    for (const track of [...this.#known.keys()]) this.#forget(track);
  }

  #learn({ participant, tracks }: ParticipantInfo): void {
    for (const info of tracks) this.#known.set(info.track, { info, participant });
  }

  #forget(track: string): void {
    this.#unsubscribe(track);
    this.#known.delete(track);
    this.#sinks.delete(track);
    this.#audioSinks.get(track)?.port.close();
    this.#audioSinks.delete(track);
  }

  #subscribe(track: string, handle: number): void {
    const known = this.#known.get(track);
    // A `subscribe` that only changes the size is answered by the same message.
    if (!known || this.#receivers.has(track)) return;
    const { info, participant } = known;
    const receiver =
      info.kind === 'video'
        ? new VideoReceiver(info, participant, {
            requestKeyframe: () => this.events.requestKeyframe(track),
            picture: (frame) => this.events.post({ type: 'picture', track, frame }, [frame]),
          })
        : new AudioReceiver(info, participant, this.outputLatencyMs);
    this.#receivers.set(track, receiver);
    this.#byHandle.set(handle, receiver);
    const sink = this.#sinks.get(track);
    if (sink && receiver instanceof VideoReceiver) receiver.setSink(sink);
    const audioSink = this.#audioSinks.get(track);
    if (audioSink && receiver instanceof AudioReceiver) {
      receiver.setSink(audioSink.port, audioSink.ring);
    }
  }

  #unsubscribe(track: string): void {
    const receiver = this.#receivers.get(track);
    this.#receivers.delete(track);
    this.#reported.delete(track);
    for (const [handle, other] of [...this.#byHandle]) {
      if (other === receiver) this.#byHandle.delete(handle);
    }
    receiver?.close();
  }

  #setMuted(track: string, muted: boolean): void {
    const known = this.#known.get(track);
    if (known) this.#known.set(track, { ...known, info: { ...known.info, muted } });
    const receiver = this.#receivers.get(track);
    if (receiver instanceof VideoReceiver) receiver.setMuted(muted);
  }

  #setState(track: string, state: 'paused' | 'live', reason: string): void {
    const receiver = this.#receivers.get(track);
    if (!(receiver instanceof VideoReceiver)) return;
    const known = reason === 'bandwidth' || reason === 'muted' ? reason : 'hidden';
    receiver.setDelivery(state === 'live' ? { state } : { state, reason: known });
  }

  #synchronise(): void {
    const microphones = new Map<string, AudioReceiver>();
    for (const receiver of this.#receivers.values()) {
      if (receiver instanceof AudioReceiver && receiver.info.source === 'microphone') {
        microphones.set(receiver.participant, receiver);
      }
    }
    for (const receiver of this.#receivers.values()) {
      if (!(receiver instanceof VideoReceiver) || receiver.info.source !== 'camera') continue;
      const microphone = microphones.get(receiver.participant);
      const audioMs = microphone?.offsetMs;
      const videoMs = receiver.ownOffsetMs;
      if (!microphone || audioMs === undefined || videoMs === undefined) {
        receiver.setSyncedOffset(undefined);
        continue;
      }
      const offsets = syncOffsets(videoMs, audioMs);
      receiver.setSyncedOffset(offsets.videoMs);
      microphone.setMinOffset(offsets.audioMinMs);
    }
  }
}
