import { describe, expect, it } from 'vitest';
import { devicesProblem, farewell, joinProblem, supportPanel } from '../src/entry/problem_panel';

describe('joinProblem', () => {
  it('says what to do about an unreachable server, and offers another try', () => {
    const panel = joinProblem(
      { code: 'connection_failed', message: 'No answer within 10 s.' },
      false,
    );
    expect(panel).toMatchObject({ code: 'connection_failed', retry: true });
    expect(panel.steps.length).toBeGreaterThan(0);
  });

  it('knows full rooms', () => {
    expect(joinProblem({ code: 'room_full', message: '' }, false)).toMatchObject({
      title: 'This room is full',
      retry: true,
    });
  });

  it('tells who has no pass from whose pass does not hold', () => {
    const refused = { code: 'unauthorized', message: '' } as const;
    expect(joinProblem(refused, false)).toMatchObject({
      title: 'This room needs an invitation',
      retry: false,
    });
    expect(joinProblem(refused, true)).toMatchObject({
      title: 'Your invitation is not valid',
      retry: false,
    });
  });

  it('passes on the SDK’s words for anything else', () => {
    const failure = { code: 'encoder_failed', message: 'The encoder gave up.' } as const;
    expect(joinProblem(failure, false).text).toBe('The encoder gave up.');
  });
});

describe('devicesProblem', () => {
  const denied = { code: 'permission_denied', message: '' } as const;
  const missing = { code: 'device_not_found', message: '' } as const;

  it('is silent while both work', () => {
    expect(devicesProblem(undefined, undefined)).toBeUndefined();
  });

  it('speaks of both at once when both fail alike', () => {
    expect(devicesProblem(denied, denied)!.title).toBe('Your camera and microphone are blocked');
    expect(devicesProblem(missing, missing)!.title).toBe('No camera or microphone found');
  });

  it('puts the microphone first, since a call without a voice is no call', () => {
    expect(devicesProblem(missing, denied)!.title).toBe('Your microphone is blocked');
    expect(devicesProblem(missing, undefined)!.text).toBe('You can join with sound only.');
  });
});

describe('supportPanel', () => {
  it('is not there while nothing important is missing', () => {
    expect(supportPanel([])).toBeUndefined();
    expect(
      supportPanel([{ code: 'no_screen_share', severity: 'limited', message: '' }]),
    ).toBeUndefined();
  });

  it('explains insecure addresses before everything that follows from them', () => {
    const panel = supportPanel([
      { code: 'no_webcodecs', severity: 'cannot_join', message: 'x' },
      { code: 'insecure_context', severity: 'cannot_join', message: 'y' },
    ])!;
    expect(panel.code).toBe('insecure_context');
    expect(panel.steps.join(' ')).toContain('https://');
  });

  it('lists what a browser lacks', () => {
    expect(
      supportPanel([{ code: 'no_webcodecs', severity: 'cannot_join', message: 'No WebCodecs.' }]),
    ).toMatchObject({ code: 'unsupported', steps: ['No WebCodecs.'] });
  });

  it('lets people who cannot send know that they can watch', () => {
    expect(
      supportPanel([{ code: 'no_capture', severity: 'cannot_send', message: 'm' }])!.code,
    ).toBe('cannot_send');
  });
});

describe('farewell', () => {
  it('has words for each reason', () => {
    for (const reason of [
      'left',
      'duplicate_identity',
      'removed',
      'room_closed',
      'server_shutdown',
      'connection_lost',
      'too_slow',
      'error',
    ] as const) {
      expect(farewell(reason).title, reason).not.toBe('');
    }
  });

  it('says what broke a meeting off, where that is known', () => {
    const expired = { code: 'unauthorized', message: 'token expired' } as const;
    expect(farewell('error', expired).text).toContain('expired');
    const strange = { code: 'protocol', message: 'The server sent a bad message.' } as const;
    expect(farewell('error', strange).text).toBe(strange.message);
    expect(farewell('error').text).not.toBe('');
  });
});
