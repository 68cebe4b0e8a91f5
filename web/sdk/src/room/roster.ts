import type { MeetingEvents, MeetingStats } from '../api/types.js';
import { ActiveSpeakers, SILENCE } from '../core/active_speakers.js';
import type { ParticipantInfo, ServerMessage, TrackInfo } from '../core/control_messages.js';
import { Them } from './remote_participant.js';
import {
  type RemoteEnvironment,
  TheirAudioTrack,
  type TheirTrack,
  TheirVideoTrack,
} from './remote_tracks.js';

type Emit = <Name extends keyof MeetingEvents>(name: Name, payload: MeetingEvents[Name]) => void;

/** What {@link ActiveSpeakers} calls ourselves; no server id looks like it. */
const LOCAL = 'local';

/** Who is in the room and what they publish, as the server tells it. */
export class Roster {
  readonly participants = new Map<string, Them>();
  readonly #tracks = new Map<string, TheirTrack>();
  readonly #speakers = new ActiveSpeakers();
  #speaking: string[] = [];

  constructor(
    private readonly environment: RemoteEnvironment,
    private readonly emit: Emit,
  ) {}

  get activeSpeakers(): Them[] {
    return this.#speaking.flatMap((id) => this.participants.get(id) ?? []);
  }

  /** How loud we are ourselves, 0 to 1. */
  get localLevel(): number {
    return this.#speakers.level(LOCAL);
  }

  /** The whole state of the room, new or after an outage: only differences are told. */
  joined(participants: readonly ParticipantInfo[]): void {
    const present = new Set(participants.map(({ participant }) => participant));
    for (const id of [...this.participants.keys()]) {
      if (!present.has(id)) this.#leave(id, 'connection_lost');
    }
    for (const info of participants) {
      const known = this.participants.get(info.participant);
      if (known) this.#reconcile(known, info);
      else this.#join(info);
    }
  }

  handle(message: ServerMessage): void {
    switch (message.type) {
      case 'participant_joined':
        return this.#join(message.participant);
      case 'participant_left':
        return this.#leave(message.participant, message.reason);
      case 'track_published': {
        const them = this.participants.get(message.participant);
        if (them) this.#publish(them, message.track);
        return;
      }
      case 'track_unpublished':
        return this.#unpublish(message.track);
      case 'muted':
        return this.#mute(message.track, message.muted);
      case 'track_state': {
        const { reason, state } = message;
        const known = reason === 'bandwidth' || reason === 'muted' ? reason : 'hidden';
        return this.#change(message.track, {
          delivery: state === 'live' ? { state } : { state, reason: known },
        });
      }
      default:
    }
  }

  /** What the worker saw of a video. */
  videoState(id: string, state: { width: number; height: number; frozen: boolean }): void {
    this.#change(id, state);
  }

  draw(id: string, frame: VideoFrame): void {
    const track = this.#tracks.get(id);
    if (track instanceof TheirVideoTrack) track.view.draw(frame);
    else frame.close();
  }

  /** Loudness since the last call, minus dBov; ten times a second. */
  levels(local: number, remote: readonly { track: string; level: number }[], nowMs: number): void {
    this.#speakers.update(LOCAL, local, nowMs);
    const heard = new Map(
      remote.map(({ track, level }) => [this.#tracks.get(track)?.participant.id, level]),
    );
    for (const them of this.participants.values()) {
      // Who is not heard of, since nothing is received of them, is silent.
      this.#speakers.update(them.id, heard.get(them.id) ?? SILENCE, nowMs);
      them.audioLevel = this.#speakers.level(them.id);
    }
    const speaking = this.#speakers.speaking();
    if (speaking.join() === this.#speaking.join()) return;
    this.#speaking = speaking;
    for (const them of this.participants.values()) them.speaking = speaking.includes(them.id);
    this.emit('activeSpeakers', {
      speakers: this.activeSpeakers,
      local: speaking.includes(LOCAL),
    });
  }

  /** Judges how well everybody is received; once a second. */
  judge(stats: MeetingStats): void {
    for (const them of this.participants.values()) {
      const expected = stats.remote.filter(({ track: id, kind }) => {
        const track = this.#tracks.get(id);
        // A still screen and a silent one send next to nothing, which says nothing.
        const wanted = track && !track.muted && track.source !== 'screen_audio';
        const seen = kind === 'audio' || (track?.delivery.state === 'live' && track.source === 'camera');
        return track?.participant === them && wanted && seen;
      });
      them.connection = them.quality.update(expected);
    }
  }

  /** Everybody is gone, since we are. */
  clear(): void {
    for (const id of [...this.participants.keys()]) this.#leave(id, 'left');
    this.#speaking = [];
  }

  #join(info: ParticipantInfo): void {
    if (this.participants.has(info.participant)) return;
    const them = new Them(info);
    this.participants.set(them.id, them);
    this.emit('participantJoined', { participant: them });
    for (const track of info.tracks) this.#publish(them, track);
  }

  #leave(id: string, reason: string): void {
    const them = this.participants.get(id);
    if (!them) return;
    for (const track of [...them.tracks.keys()]) this.#unpublish(track);
    this.participants.delete(id);
    this.#speakers.remove(id);
    this.emit('participantLeft', { participant: them, reason });
  }

  /** The same participant after our own outage. */
  #reconcile(them: Them, info: ParticipantInfo): void {
    const present = new Set(info.tracks.map(({ track }) => track));
    for (const id of [...them.tracks.keys()]) if (!present.has(id)) this.#unpublish(id);
    for (const track of info.tracks) {
      const known = them.tracks.get(track.track);
      if (known) {
        known.reconnected();
        this.#mute(track.track, track.muted);
      } else {
        this.#publish(them, track);
      }
    }
  }

  #publish(them: Them, info: TrackInfo): void {
    if (this.#tracks.has(info.track)) return;
    const track =
      info.kind === 'video'
        ? new TheirVideoTrack(info, them, this.environment)
        : new TheirAudioTrack(info, them, this.environment);
    them.tracks.set(track.id, track);
    this.#tracks.set(track.id, track);
    this.emit('trackPublished', { participant: them, track });
  }

  #unpublish(id: string): void {
    const track = this.#tracks.get(id);
    if (!track) return;
    const them = track.participant as Them;
    this.#tracks.delete(id);
    them.tracks.delete(id);
    if (track.source === 'microphone') {
      this.#speakers.remove(them.id);
      them.audioLevel = 0;
    }
    track.close();
    this.emit('trackUnpublished', { participant: them, track });
  }

  #mute(id: string, muted: boolean): void {
    const track = this.#tracks.get(id);
    if (!track || track.muted === muted) return;
    track.muted = muted;
    this.emit('trackMuted', { participant: track.participant, track, muted });
  }

  #change(id: string, state: Partial<TheirVideoTrack>): void {
    const track = this.#tracks.get(id);
    if (!track) return;
    Object.assign(track, state);
    this.emit('trackState', { participant: track.participant, track });
  }
}
