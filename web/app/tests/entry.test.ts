import { describe, expect, it } from 'vitest';
import {
  kDefaultPreferences,
  loadPreferences,
  savePreferences,
  type KeyValueStore,
} from '../src/entry/preferences';
import { cutToBytes, normalizeRoomName, suggestRoomName } from '../src/entry/room_name';
import { inviteLink, parseRoute, roomPath } from '../src/entry/route';

const address = (pathname: string, search = '', hash = '') => ({ pathname, search, hash });

describe('parseRoute', () => {
  it('knows the landing page', () => {
    expect(parseRoute(address('/'))).toEqual({ page: 'landing' });
  });

  it('reads the room, decoded', () => {
    expect(parseRoute(address('/r/caf%C3%A9%20bar'))).toEqual({
      page: 'room',
      room: 'café bar',
      token: undefined,
      lanes: false,
    });
  });

  it('takes a token from the query or, rather, the fragment', () => {
    expect(parseRoute(address('/r/demo', '?token=a.b.c'))).toMatchObject({ token: 'a.b.c' });
    expect(parseRoute(address('/r/demo', '?token=q', '#token=f'))).toMatchObject({ token: 'f' });
    expect(parseRoute(address('/r/demo', '?token='))).toMatchObject({ token: undefined });
  });

  it('asks for lanes where the query says so', () => {
    expect(parseRoute(address('/r/demo', '?lanes=1'))).toMatchObject({ lanes: true });
    expect(parseRoute(address('/r/demo', '?lanes=0'))).toMatchObject({ lanes: false });
  });

  it('refuses what leads nowhere', () => {
    for (const path of ['/r/', '/r/%20', '/r/a/b', '/r/%E0%A4%A', '/other']) {
      expect(parseRoute(address(path)), path).toEqual({ page: 'unknown' });
    }
  });

  it('reads back the paths it makes', () => {
    for (const room of ['demo', 'a b', 'x?y#z', 'été', '100%']) {
      expect(parseRoute(address(roomPath(room)))).toMatchObject({ room });
    }
  });
});

describe('inviteLink', () => {
  it('leads to the room and carries no token', () => {
    expect(inviteLink('https://meet.example', 'a b')).toBe('https://meet.example/r/a%20b');
  });
});

describe('room names', () => {
  it('suggests names that are already normal', () => {
    for (const value of [0, 0.37, 0.999999]) {
      const name = suggestRoomName(() => value);
      expect(name).toMatch(/^[a-z]+-[a-z]+-[1-9][0-9]{2}$/);
      expect(normalizeRoomName(name)).toBe(name);
    }
  });

  it('makes what people type readable in an address', () => {
    expect(normalizeRoomName('  Monday Stand-up! ')).toBe('monday-stand-up');
    expect(normalizeRoomName('Équipe Ångström')).toBe('équipe-ångström');
    expect(normalizeRoomName('会議 室')).toBe('会議-室');
    expect(normalizeRoomName(' ?!/ ')).toBe('');
  });

  it('takes the room out of a pasted invite link', () => {
    expect(normalizeRoomName('https://meet.example/r/calm-river-417?token=x#y')).toBe(
      'calm-river-417',
    );
  });

  it('keeps within the server’s limit without cutting a character in two', () => {
    expect(cutToBytes('é'.repeat(100), 128)).toBe('é'.repeat(64));
    expect(cutToBytes('a😀', 4)).toBe('a');
    expect(new TextEncoder().encode(normalizeRoomName('ж'.repeat(300))).length).toBeLessThanOrEqual(
      128,
    );
  });
});

describe('preferences', () => {
  const memory = (content?: string): KeyValueStore => {
    let stored: string | null = content ?? null;
    return {
      getItem: () => stored,
      setItem: (_, value) => {
        stored = value;
      },
    };
  };

  it('come back as they were saved', () => {
    const store = memory();
    const preferences = {
      ...kDefaultPreferences,
      name: 'Ada',
      cameraOn: false,
      microphoneId: 'usb',
    };
    savePreferences(store, preferences);
    expect(loadPreferences(store)).toEqual(preferences);
  });

  it.each([undefined, '{', 'null', '[]', '"x"', '{"name":7,"cameraOn":"maybe","cameraId":{}}'])(
    'fall back to the default for %s',
    (content) => {
      expect(loadPreferences(memory(content))).toEqual(kDefaultPreferences);
    },
  );

  it('survive a browser that forbids storage', () => {
    const forbidden: KeyValueStore = {
      getItem: () => {
        throw new Error('forbidden');
      },
      setItem: () => {
        throw new Error('forbidden');
      },
    };
    expect(loadPreferences(forbidden)).toEqual(kDefaultPreferences);
    expect(() => savePreferences(forbidden, kDefaultPreferences)).not.toThrow();
    expect(loadPreferences(undefined)).toEqual(kDefaultPreferences);
  });
});
