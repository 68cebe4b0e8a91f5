import type { MeetingState, MeetingStats } from '@sluice/sdk';

/** The connection in one word and one line, for the toolbar. */
export interface QualitySummary {
  readonly level: 'good' | 'fair' | 'poor' | 'offline';
  readonly text: string;
}

/**
 * Above this round trip people begin to talk over one another: ITU-T G.114 puts the limit of
 * comfort at 150 ms one way.
 */
const kComfortableRttMs = 300;
/** Waiting this long for the uplink is most of a camera's latency budget of 400 ms. */
const kBusyUplinkMs = 250;

/** Sums up how well the own connection does. */
export function summarizeQuality(
  state: MeetingState,
  stats: MeetingStats | undefined,
  pausedTracks: number,
): QualitySummary {
  if (state === 'reconnecting') return { level: 'offline', text: 'Reconnecting' };
  if (state === 'connecting' || state === 'idle') return { level: 'offline', text: 'Connecting' };
  if (state === 'closed') return { level: 'offline', text: 'Not connected' };
  if (pausedTracks > 0) return { level: 'poor', text: 'Slow connection' };
  if (!stats) return { level: 'good', text: 'Connected' };
  if (stats.uplinkQueueMs > kBusyUplinkMs) return { level: 'fair', text: 'Busy uplink' };
  if (stats.rttMs !== undefined && stats.rttMs > kComfortableRttMs)
    return { level: 'fair', text: 'Long delay' };
  return { level: 'good', text: 'Connected' };
}

/** "640 kbit/s", "2.4 Mbit/s". */
export function formatBitrate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/** "12 ms", "1.4 s"; a dash while unknown. */
export function formatMs(milliseconds: number | undefined): string {
  if (milliseconds === undefined || !Number.isFinite(milliseconds)) return '–';
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds)} ms`;
}

/** "0 s", "0.4 s", "12 s", "3 min". */
export function formatSeconds(seconds: number): string {
  if (seconds >= 120) return `${Math.round(seconds / 60)} min`;
  if (seconds >= 10 || seconds < 0.05) return `${Math.round(seconds)} s`;
  return `${seconds.toFixed(1)} s`;
}

/** "12 MB". */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}
