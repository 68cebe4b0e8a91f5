import { describe, expect, it } from 'vitest';
import { avatarColor, initialsOf, kAvatarColors } from '../src/meeting/avatar';
import {
  formatBitrate,
  formatBytes,
  formatMs,
  formatSeconds,
  summarizeQuality,
} from '../src/meeting/quality';
import { shortcutFor, type KeyPress } from '../src/meeting/shortcuts';
import { addMessage, addPresence, dropExpired, listNames, nextExpiry } from '../src/meeting/toasts';
import { visibleSize } from '../src/meeting/visible_size';
import type { MeetingStats } from '@sluice/sdk';

describe('toasts', () => {
  it('merges people who come together, and keeps the leavers apart', () => {
    let toasts = addPresence([], 'joined', 'Ada', 0);
    toasts = addPresence(toasts, 'joined', 'Bo', 1000);
    toasts = addPresence(toasts, 'left', 'Cy', 1500);
    expect(toasts.map((toast) => toast.text)).toEqual(['Ada and Bo joined', 'Cy left']);
    expect(toasts[0]!.until).toBe(5000);
  });

  it('starts anew once the message is gone', () => {
    const old = addPresence([], 'joined', 'Ada', 0);
    expect(addPresence(old, 'joined', 'Bo', 4000).at(-1)!.text).toBe('Bo joined');
  });

  it('never shows more than three, nor the same words twice', () => {
    let toasts = addMessage([], 'one', 'plain', 0);
    for (const text of ['two', 'three', 'four', 'four'])
      toasts = addMessage(toasts, text, 'plain', 1);
    expect(toasts.map((toast) => toast.text)).toEqual(['two', 'three', 'four']);
    expect(new Set(toasts.map((toast) => toast.id)).size).toBe(3);
  });

  it('drops what is over, and says when to look again', () => {
    const toasts = addMessage(addMessage([], 'brief', 'plain', 0), 'serious', 'problem', 0);
    expect(nextExpiry(toasts)).toBe(4000);
    expect(dropExpired(toasts, 3999)).toBe(toasts);
    expect(dropExpired(toasts, 4000).map((toast) => toast.text)).toEqual(['serious']);
    expect(nextExpiry([])).toBeUndefined();
  });

  it('lists names as one would say them', () => {
    expect(
      ['a', 'b', 'c', 'd', 'e'].map((_, index, all) => listNames(all.slice(0, index + 1))),
    ).toEqual(['a', 'a and b', 'a, b and c', 'a, b and 2 others', 'a, b and 3 others']);
  });

  it('keeps its own words in order, whatever marks of direction a name has', () => {
    const [toast] = addPresence([], 'left', '\u202Eevil\u2069\u2069', 0);
    expect(toast!.text).toBe('\u2068evil\u2069 left');
    expect(listNames(['שלום', 'Bo'])).toBe('\u2068שלום\u2069 and Bo');
  });
});

describe('shortcutFor', () => {
  const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
    key,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    repeat: false,
    elsewhere: false,
    ...change,
  });

  it('knows its keys in either case', () => {
    expect([...'mMvs?x'].map((key) => shortcutFor(press(key)))).toEqual([
      'toggleMicrophone',
      'toggleMicrophone',
      'toggleCamera',
      'toggleScreen',
      'showHelp',
      undefined,
    ]);
  });

  it('leaves typing, held keys and the browser’s own shortcuts alone', () => {
    for (const change of [
      { elsewhere: true },
      { repeat: true },
      { ctrlKey: true },
      { altKey: true },
      { metaKey: true },
    ]) {
      expect(shortcutFor(press('m', change))).toBeUndefined();
    }
  });
});

describe('visibleSize', () => {
  const picture = { width: 640, height: 360 };

  it('is in device pixels', () => {
    expect(visibleSize({ width: 320, height: 180 }, picture, 'cover', 2, false)).toEqual({
      width: 640,
      height: 360,
    });
  });

  it('counts what a narrow tile crops, and not the bars beside a framed picture', () => {
    expect(visibleSize({ width: 180, height: 180 }, picture, 'cover', 1, false)).toEqual({
      width: 320,
      height: 180,
    });
    expect(visibleSize({ width: 500, height: 180 }, picture, 'contain', 1, false)).toEqual({
      width: 320,
      height: 180,
    });
  });

  it('is nothing while nobody can see it', () => {
    expect(visibleSize({ width: 320, height: 180 }, picture, 'cover', 2, true)).toEqual({
      width: 0,
      height: 0,
    });
  });

  it('assumes 16:9 until the picture’s size is known', () => {
    expect(
      visibleSize({ width: 160, height: 90 }, { width: 0, height: 0 }, 'contain', 1, false),
    ).toEqual({ width: 160, height: 90 });
  });
});

describe('quality', () => {
  const stats = (change: Partial<MeetingStats>): MeetingStats => ({
    state: 'connected',
    session: '17',
    rttMs: 30,
    uplinkInFlightBytes: 0,
    uplinkQueueMs: 0,
    sentBytes: 0,
    receivedBytes: 0,
    reconnects: 0,
    laneOpen: false,
    local: [],
    remote: [],
    ...change,
  });

  it('names the worst first', () => {
    expect(summarizeQuality('reconnecting', stats({}), 2).level).toBe('offline');
    expect(summarizeQuality('connected', stats({ rttMs: 900 }), 1).level).toBe('poor');
    expect(summarizeQuality('connected', stats({ uplinkQueueMs: 400 }), 0).text).toBe(
      'Busy uplink',
    );
    expect(summarizeQuality('connected', stats({ rttMs: 900 }), 0).text).toBe('Long delay');
    expect(summarizeQuality('connected', stats({}), 0).level).toBe('good');
    expect(summarizeQuality('connected', undefined, 0).level).toBe('good');
  });

  it('writes figures as people read them', () => {
    expect([formatBitrate(640_400), formatBitrate(2_360_000)]).toEqual([
      '640 kbit/s',
      '2.4 Mbit/s',
    ]);
    expect([formatMs(undefined), formatMs(12.4), formatMs(1420)]).toEqual(['–', '12 ms', '1.4 s']);
    expect([
      formatSeconds(0),
      formatSeconds(0.42),
      formatSeconds(12.3),
      formatSeconds(180),
    ]).toEqual(['0 s', '0.4 s', '12 s', '3 min']);
    expect([formatBytes(2_300), formatBytes(1.23e7), formatBytes(2.5e9)]).toEqual([
      '2 kB',
      '12.3 MB',
      '2.50 GB',
    ]);
  });
});

describe('avatar', () => {
  it('takes the first letters of the first and last name, in any script', () => {
    expect(
      ['Ada Lovelace', 'bo', 'Élodie de Saint-Cyr', '  ', '王 小明', '😀 Zed'].map(initialsOf),
    ).toEqual(['AL', 'B', 'ÉS', '?', '王小', 'Z']);
  });

  it('keeps one colour for one identity, and uses all of them', () => {
    expect(avatarColor('ada')).toBe(avatarColor('ada'));
    const colors = new Set(
      Array.from({ length: 200 }, (_, index) => avatarColor(`identity-${index}`)),
    );
    expect(colors.size).toBe(kAvatarColors);
  });
});
