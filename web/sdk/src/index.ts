/**
 * Join Sluice meetings from a browser. Start at {@link Meeting}.
 *
 * @packageDocumentation
 */
export { Meeting } from './meeting.js';
export type { LocalParticipant } from './api/local_participant.js';
export { listDevices, watchDevices } from './capture/devices.js';
export { supportProblems } from './capture/support_problems.js';
export { SluiceError } from './api/errors.js';
export type { SluiceErrorCode } from './api/errors.js';
export type { EventEmitter, Unsubscribe } from './api/event_emitter.js';
export type { SupportProblem } from './api/support.js';
export type {
  CloseReason,
  ConnectionQuality,
  DeviceOptions,
  LocalTrack,
  LocalTrackStats,
  MediaDevice,
  MeetingEvents,
  MeetingOptions,
  MeetingState,
  MeetingStats,
  MicrophoneOptions,
  RemoteAudioTrack,
  RemoteParticipant,
  RemoteTrack,
  RemoteTrackStats,
  RemoteVideoTrack,
  ScreenShareOptions,
  TrackDelivery,
  TrackSource,
} from './api/types.js';
