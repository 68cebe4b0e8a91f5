import type { LocalTrackStats, MeetingStats, RemoteTrackStats, TrackSource } from '@sluice/sdk';
import { Icon } from '../ui/icon';
import type { MeetingView, PersonView } from './meeting_view';
import {
  formatBitrate,
  formatBytes,
  formatMs,
  formatSeconds,
  type QualitySummary,
} from './quality';

const kSourceWords: Record<TrackSource, string> = {
  microphone: 'Sound',
  camera: 'Camera',
  screen: 'Screen',
  screen_audio: 'Screen sound',
};

interface Properties {
  readonly view: MeetingView;
  readonly stats: MeetingStats | undefined;
  readonly quality: QualitySummary;
  readonly onClose: () => void;
}

/** How well it goes, for oneself and for each person, in figures. */
export function StatisticsPanel({ view, stats, quality, onClose }: Properties) {
  return (
    <aside class="side-panel" aria-label="Connection" data-testid="statistics-panel">
      <header class="panel-head">
        <h2>Connection</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={20} />
        </button>
      </header>
      <div class="panel-scroll">
        <p class={`quality-line quality-${quality.level}`}>
          <span class="quality-dot" aria-hidden="true" />
          {quality.text}
        </p>
        <dl class="figures figures-own">
          <Figure label="Round trip" value={formatMs(stats?.rttMs)} />
          <Figure label="Uplink queue" value={formatMs(stats?.uplinkQueueMs)} />
          <Figure label="Received" value={formatBytes(stats?.receivedBytes ?? 0)} />
          <Figure label="Sent" value={formatBytes(stats?.sentBytes ?? 0)} />
          {stats?.session !== undefined && <Figure label="Session" value={stats.session} />}
        </dl>
        <h3>You send</h3>
        {stats && stats.local.length > 0 ? (
          <ul class="track-list">
            {stats.local.map((track) => (
              <LocalRow key={track.source} track={track} />
            ))}
          </ul>
        ) : (
          <p class="panel-note">Nothing at the moment.</p>
        )}
        {view.others.length > 0 && <h3>You receive</h3>}
        {view.others.map((person) => (
          <PersonRows key={person.key} person={person} stats={stats} />
        ))}
      </div>
    </aside>
  );
}

function LocalRow({ track }: { track: LocalTrackStats }) {
  const left = track.framesThinned + track.framesSkipped;
  return (
    <li>
      <strong>{kSourceWords[track.source]}</strong>
      <dl class="figures">
        {track.kind === 'video' && (
          <Figure label="Picture" value={`${track.width} × ${track.height}`} />
        )}
        {track.kind === 'video' && (
          <Figure label="Frames/s" value={String(Math.round(track.fps))} />
        )}
        <Figure label="Rate" value={formatBitrate(track.bitrateBps)} />
        {track.kind === 'video' && <Figure label="Left out" value={String(left)} />}
      </dl>
    </li>
  );
}

function PersonRows({ person, stats }: { person: PersonView; stats: MeetingStats | undefined }) {
  const tracks = stats?.remote.filter((track) => track.participant === person.key) ?? [];
  return (
    <section
      class="person-figures"
      aria-label={person.name}
      data-testid="person-statistics"
      data-identity={person.identity}
    >
      <h4>{person.name}</h4>
      {tracks.length === 0 ? (
        <p class="panel-note">Sends nothing at the moment.</p>
      ) : (
        <ul class="track-list">
          {tracks.map((track) => (
            <RemoteRow key={track.track} track={track} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RemoteRow({ track }: { track: RemoteTrackStats }) {
  return (
    <li>
      <strong>{kSourceWords[track.source]}</strong>
      <dl class="figures">
        {track.kind === 'video' && (
          <Figure label="Frames/s" value={String(Math.round(track.fps))} />
        )}
        <Figure label="Delay" value={formatMs(track.ageMs)} />
        <Figure label="Rate" value={formatBitrate(track.bitrateBps)} />
        {track.kind === 'video' ? (
          <Figure label="Frozen" value={formatSeconds(track.frozenSeconds)} />
        ) : (
          <Figure label="Patched" value={`${(track.concealedShare * 100).toFixed(1)} %`} />
        )}
        {track.kind === 'video' && (
          <Figure label="Picture" value={`${track.width} × ${track.height}`} />
        )}
      </dl>
    </li>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
