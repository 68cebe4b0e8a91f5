import type { TrackSource } from '../api/types.js';

/** Protocol version that this SDK speaks (docs/protocol.md). */
export const PROTOCOL_VERSION = 1;
/** WebSocket subprotocol of that version. */
export const SUBPROTOCOL = 'sluice.v1';

/** One simulcast encoding of a video track (4.2). */
export interface EncodingInfo {
  readonly encoding: number;
  readonly width: number;
  readonly height: number;
  readonly bitrate_bps: number;
}

/** A track as every message describes it (4.2). */
export interface TrackInfo {
  readonly track: string;
  readonly handle: number;
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  readonly codec: string;
  readonly muted: boolean;
  readonly width?: number;
  readonly height?: number;
  readonly temporal_layers?: number;
  /** Smallest first; empty or missing means the one encoding 0. */
  readonly encodings?: readonly EncodingInfo[];
  readonly sample_rate?: number;
  readonly channels?: number;
}

/** What a publisher says of a track. */
export type TrackDescription = Omit<TrackInfo, 'track' | 'handle' | 'muted'> & {
  readonly muted?: boolean;
};

/** A participant as `joined` and `participant_joined` describe it. */
export interface ParticipantInfo {
  readonly participant: string;
  readonly identity: string;
  readonly name: string;
  readonly metadata: string;
  readonly tracks: readonly TrackInfo[];
}

export interface Permissions {
  readonly can_publish: boolean;
  readonly can_subscribe: boolean;
  /** Empty: all sources. */
  readonly can_publish_sources: readonly string[];
}

/** What the server may send. */
export type ServerMessage =
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly server: string;
      readonly limits: Readonly<Record<string, number>>;
      readonly ping_interval_ms: number;
      readonly timeout_ms: number;
      readonly report_interval_ms: number;
      /** What the server's log calls this connection. */
      readonly session?: string;
    }
  | {
      readonly type: 'joined';
      readonly reply_to?: number;
      readonly room: string;
      readonly participant: ParticipantInfo;
      readonly participants: readonly ParticipantInfo[];
      readonly permissions: Permissions;
      /** The key of a lane: when it was asked for, and the server has lanes. */
      readonly lane?: string;
    }
  | { readonly type: 'attached'; readonly reply_to?: number; readonly participant: string }
  | { readonly type: 'lane_closed'; readonly lane: string }
  | { readonly type: 'participant_joined'; readonly participant: ParticipantInfo }
  | { readonly type: 'participant_left'; readonly participant: string; readonly reason: string }
  | { readonly type: 'published'; readonly reply_to?: number; readonly track: TrackInfo }
  | { readonly type: 'unpublished'; readonly reply_to?: number; readonly track: string }
  | { readonly type: 'track_published'; readonly participant: string; readonly track: TrackInfo }
  | { readonly type: 'track_unpublished'; readonly participant: string; readonly track: string }
  | {
      readonly type: 'subscribed';
      readonly reply_to?: number;
      readonly track: string;
      readonly handle: number;
    }
  | { readonly type: 'unsubscribed'; readonly reply_to?: number; readonly track: string }
  | { readonly type: 'keyframe'; readonly track: string; readonly encoding: number }
  | { readonly type: 'demand'; readonly track: string; readonly encodings: readonly number[] }
  | {
      readonly type: 'muted';
      readonly participant: string;
      readonly track: string;
      readonly muted: boolean;
    }
  | { readonly type: 'report'; readonly received_bytes: number }
  | { readonly type: 'report_interval'; readonly report_interval_ms: number }
  | { readonly type: 'ping'; readonly id?: number }
  | { readonly type: 'pong'; readonly reply_to?: number }
  | {
      readonly type: 'track_state';
      readonly track: string;
      readonly state: 'paused' | 'live';
      readonly reason: string;
    }
  | { readonly type: 'goodbye'; readonly reason: string }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly fatal: boolean;
      readonly reply_to?: number;
    };

/** What this SDK sends. */
export type ClientMessage =
  | { type: 'hello'; versions: number[]; client: string }
  | {
      type: 'join';
      id: number;
      room: string;
      name?: string;
      identity?: string;
      token?: string;
      auto_subscribe: boolean;
      lanes?: true;
    }
  | { type: 'attach'; id: number; room: string; participant: string; key: string }
  | ({ type: 'publish'; id: number } & TrackDescription)
  | { type: 'unpublish'; id: number; track: string }
  | { type: 'subscribe'; track: string; max_width?: number; max_height?: number }
  | { type: 'keyframe'; track: string }
  | { type: 'mute'; track: string; muted: boolean }
  | { type: 'report'; received_bytes: number; tracks?: TrackReport[] }
  | { type: 'ping'; id: number }
  | { type: 'pong'; reply_to: number }
  | { type: 'goodbye'; reason: 'left' };

/** What became of a subscribed track's frames (4.8). */
export interface TrackReport {
  handle: number;
  decoded: number;
  shown: number;
  late: number;
  undecodable: number;
  playout_delay_ms: number;
}

/** `unknown`: a type of a later server, to be ignored. `invalid`: not what the protocol says. */
export type ParsedControl =
  | { readonly ok: true; readonly message: ServerMessage }
  | { readonly ok: false; readonly problem: 'unknown' | 'invalid'; readonly detail: string };

/**
 * Reads one control message from the server.
 *
 * Missing or mistyped members are refused by name; members that this version does not know are
 * ignored, unless the message requires them.
 */
export function parseServerMessage(text: string): ParsedControl {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return invalid('not JSON');
  }
  if (!isObject(value) || typeof value['type'] !== 'string') return invalid('no type');
  const shape = SHAPES[value['type']];
  if (!shape) return { ok: false, problem: 'unknown', detail: value['type'] };
  const required = value['required'];
  if (Array.isArray(required)) {
    const unknown = required.find((name) => typeof name !== 'string' || !(name in shape));
    if (unknown !== undefined) return invalid(`${value['type']}: requires ${String(unknown)}`);
  }
  for (const [member, check] of Object.entries(shape)) {
    if (!check(value[member])) return invalid(`${value['type']}: ${member}`);
  }
  return { ok: true, message: value as unknown as ServerMessage };
}

/** The chunk header has four bits for them. */
const ENCODINGS_MAX = 16;

type Check = (value: unknown) => boolean;

function invalid(detail: string): ParsedControl {
  return { ok: false, problem: 'invalid', detail };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const object =
  (shape: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(shape).every(([member, check]) => check(value[member]));

const encoding: Check = (value) => whole(value) && (value as number) < ENCODINGS_MAX;
const track = object({
  track: text,
  handle: (value) => whole(value) && (value as number) <= 65535,
  kind: oneOf('audio', 'video'),
  source: oneOf('microphone', 'camera', 'screen', 'screen_audio'),
  codec: text,
  muted: flag,
  width: optional(whole),
  height: optional(whole),
  temporal_layers: optional(whole),
  encodings: optional(
    listOf(object({ encoding, width: whole, height: whole, bitrate_bps: whole })),
  ),
  sample_rate: optional(whole),
  channels: optional(whole),
});
const participant = object({
  participant: text,
  identity: text,
  name: text,
  metadata: text,
  tracks: listOf(track),
});

const SHAPES: Record<string, Record<string, Check> | undefined> = {
  hello: {
    version: whole,
    server: text,
    limits: (value) => isObject(value) && Object.values(value).every(whole),
    ping_interval_ms: whole,
    timeout_ms: whole,
    report_interval_ms: whole,
    session: optional(text),
  },
  joined: {
    reply_to: optional(whole),
    room: text,
    participant,
    participants: listOf(participant),
    permissions: object({
      can_publish: flag,
      can_subscribe: flag,
      can_publish_sources: listOf(text),
    }),
    lane: optional(text),
  },
  attached: { reply_to: optional(whole), participant: text },
  lane_closed: { lane: text },
  participant_joined: { participant },
  participant_left: { participant: text, reason: text },
  published: { reply_to: optional(whole), track },
  unpublished: { reply_to: optional(whole), track: text },
  track_published: { participant: text, track },
  track_unpublished: { participant: text, track: text },
  subscribed: {
    reply_to: optional(whole),
    track: text,
    handle: (value) => whole(value) && (value as number) <= 65535,
  },
  unsubscribed: { reply_to: optional(whole), track: text },
  keyframe: { track: text, encoding },
  demand: { track: text, encodings: listOf(encoding) },
  muted: { participant: text, track: text, muted: flag },
  report: { received_bytes: whole },
  report_interval: { report_interval_ms: whole },
  ping: { id: optional(whole) },
  pong: { reply_to: optional(whole) },
  track_state: { track: text, state: oneOf('paused', 'live'), reason: text },
  goodbye: { reason: text },
  error: { code: text, message: text, fatal: flag, reply_to: optional(whole) },
};
