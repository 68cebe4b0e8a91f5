import type {
  LocalTrack,
  RemoteAudioTrack,
  RemoteParticipant,
  RemoteVideoTrack,
  TrackDelivery,
} from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { viewMeeting, type MeetingSource } from '../src/meeting/meeting_view';

interface Somebody {
  name?: string;
  camera?: { muted?: boolean; delivery?: TrackDelivery; frozen?: boolean };
  microphone?: { muted?: boolean };
  screen?: { muted?: boolean; delivery?: TrackDelivery };
  connection?: RemoteParticipant['connection'];
  speaking?: boolean;
}

function participant(id: string, somebody: Somebody): RemoteParticipant {
  const track = (source: 'camera' | 'microphone' | 'screen') => {
    const given = somebody[source];
    return (
      given &&
      ({
        muted: false,
        frozen: false,
        delivery: { state: 'live' },
        source,
        ...given,
      } as unknown as RemoteVideoTrack & RemoteAudioTrack)
    );
  };
  return {
    id,
    identity: `identity-${id}`,
    name: somebody.name ?? '',
    metadata: '',
    tracks: new Map(),
    audioLevel: 0,
    speaking: somebody.speaking ?? false,
    connection: somebody.connection ?? 'good',
    track: track as RemoteParticipant['track'],
  };
}

function meeting(
  others: Record<string, Somebody>,
  change: Partial<MeetingSource> = {},
): MeetingSource {
  const participants = new Map(
    Object.entries(others).map(([id, somebody]) => [id, participant(id, somebody)]),
  );
  return {
    state: 'connected',
    room: 'demo',
    participants,
    activeSpeakers: [],
    audioAllowed: true,
    local: {
      id: 'PA_me',
      identity: 'me',
      name: 'Mara',
      camera: undefined,
      microphone: undefined,
      screen: undefined,
      mayPublish: () => true,
    },
    ...change,
  };
}

const localTrack = (muted: boolean): LocalTrack => ({ muted }) as LocalTrack;

describe('viewMeeting', () => {
  it('shows people in the order in which they came', () => {
    expect(
      viewMeeting(meeting({ b: { name: 'Bo' }, a: { name: 'Ada' } }), false).others.map(
        (person) => person.name,
      ),
    ).toEqual(['Bo', 'Ada']);
  });

  it('falls back from name to identity', () => {
    expect(viewMeeting(meeting({ b: { name: '  ' } }), false).others[0]!.name).toBe('identity-b');
  });

  it('takes a missing microphone for a muted one, and a missing camera for one that is off', () => {
    expect(viewMeeting(meeting({ b: {} }), false).others[0]).toMatchObject({
      muted: true,
      cameraOn: false,
    });
    expect(
      viewMeeting(meeting({ b: { microphone: {}, camera: {} } }), false).others[0],
    ).toMatchObject({ muted: false, cameraOn: true });
    expect(
      viewMeeting(meeting({ b: { microphone: { muted: true }, camera: { muted: true } } }), false)
        .others[0],
    ).toMatchObject({ muted: true, cameraOn: false });
  });

  it('says so when the own connection is too slow for a picture', () => {
    const view = viewMeeting(
      meeting({ b: { camera: { delivery: { state: 'paused', reason: 'bandwidth' } } } }),
      false,
    );
    expect(view.others[0]!.hint).toEqual({
      kind: 'paused',
      text: 'Their video is paused: your connection is slow',
    });
  });

  it('keeps quiet about pauses on purpose', () => {
    for (const reason of ['hidden', 'muted'] as const) {
      expect(
        viewMeeting(meeting({ b: { camera: { delivery: { state: 'paused', reason } } } }), false)
          .others[0]!.hint,
      ).toBeUndefined();
    }
  });

  it('tells a frozen picture from a lost connection', () => {
    expect(
      viewMeeting(meeting({ b: { camera: { frozen: true } } }), false).others[0]!.hint?.kind,
    ).toBe('frozen');
    expect(
      viewMeeting(meeting({ b: { camera: { frozen: true }, connection: 'lost' } }), false)
        .others[0]!.hint?.kind,
    ).toBe('lost');
  });

  it('calls every picture old while the own connection is down, and nobody is heard', () => {
    const others = {
      b: { camera: { frozen: true }, connection: 'weak' as const, screen: {}, speaking: true },
      c: { microphone: {} },
    };
    const view = viewMeeting(meeting(others, { state: 'reconnecting' }), true);
    expect(view.others.map((person) => person.hint?.kind)).toEqual(['stale', undefined]);
    expect(view.screens[0]!.hint?.kind).toBe('stale');
    expect(view.others[0]).toMatchObject({ connection: 'unknown', speaking: false });
    expect(view.self.speaking).toBe(false);
    const back = viewMeeting(meeting(others), true);
    expect(back.others[0]).toMatchObject({ connection: 'weak', speaking: true });
    expect(back.others[0]!.hint?.kind).toBe('frozen');
    expect(back.screens[0]!.hint).toBeUndefined();
  });

  it('lists screens beside their people', () => {
    const view = viewMeeting(
      meeting({ b: { name: 'Bo', camera: {}, screen: {} }, c: { screen: { muted: true } } }),
      false,
    );
    expect(view.others).toHaveLength(2);
    expect(view.screens.map((screen) => [screen.key, screen.name])).toEqual([['screen:b', 'Bo']]);
  });

  it('shows oneself: off until devices are on, speaking only with the microphone on', () => {
    const quiet = meeting({});
    expect(viewMeeting(quiet, true).self).toMatchObject({
      muted: true,
      cameraOn: false,
      speaking: false,
      name: 'Mara',
      isSelf: true,
    });
    const talking = meeting(
      {},
      {
        local: {
          ...quiet.local,
          microphone: localTrack(false),
          camera: localTrack(false),
          screen: localTrack(false),
        },
      },
    );
    const view = viewMeeting(talking, true);
    expect(view.self).toMatchObject({ muted: false, cameraOn: true, speaking: true });
    expect(view.sharingScreen).toBe(true);
  });
});
