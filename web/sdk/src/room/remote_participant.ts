import type {
  ConnectionQuality,
  RemoteAudioTrack,
  RemoteParticipant,
  RemoteVideoTrack,
  TrackSource,
} from '../api/types.js';
import type { ParticipantInfo } from '../core/control_messages.js';
import { QualityMeter } from '../core/connection_quality.js';
import type { TheirTrack } from './remote_tracks.js';

/** {@link RemoteParticipant} as the meeting keeps it. */
export class Them implements RemoteParticipant {
  readonly id: string;
  readonly identity: string;
  readonly name: string;
  readonly metadata: string;
  readonly tracks = new Map<string, TheirTrack>();
  audioLevel = 0;
  speaking = false;
  connection: ConnectionQuality = 'unknown';
  readonly quality = new QualityMeter();

  constructor(info: ParticipantInfo) {
    this.id = info.participant;
    this.identity = info.identity;
    this.name = info.name;
    this.metadata = info.metadata;
  }

  track(source: 'camera' | 'screen'): RemoteVideoTrack | undefined;
  track(source: 'microphone' | 'screen_audio'): RemoteAudioTrack | undefined;
  track(source: TrackSource): RemoteVideoTrack | RemoteAudioTrack | undefined {
    return [...this.tracks.values()].find((track) => track.source === source);
  }
}
