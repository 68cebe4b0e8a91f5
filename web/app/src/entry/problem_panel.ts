import type { CloseReason, SluiceError, SluiceErrorCode, SupportProblem } from '@sluice/sdk';

/** A panel that says what is wrong and what to do about it. */
export interface ProblemPanel {
  /** Stable, for tests and styles. */
  readonly code: string;
  readonly title: string;
  readonly text: string;
  /** What the person can do, in order of promise. */
  readonly steps: readonly string[];
  /** Whether trying again may help. */
  readonly retry: boolean;
}

/** The part of an error that decides. */
export type Failure = Pick<SluiceError, 'code' | 'message'>;

type Words = Omit<ProblemPanel, 'code' | 'text'> & { readonly text?: string };

const kJoinWords: Partial<Record<SluiceErrorCode, Words>> = {
  connection_failed: {
    title: 'The server cannot be reached',
    text: 'This page is here, but the meeting behind it does not answer.',
    steps: [
      'Check that this device is online.',
      'A firewall or proxy may block WebSocket connections to this address: ask whoever runs it.',
      'If you run the server yourself, see whether it is still up.',
    ],
    retry: true,
  },
  room_full: {
    title: 'This room is full',
    text: 'Everyone who fits is already in there.',
    steps: ['Wait until somebody leaves, then try again.', 'Or agree on another room.'],
    retry: true,
  },
  server_full: {
    title: 'The server is full',
    text: 'It has as many meetings or people as it may have.',
    steps: ['Try again in a few minutes.'],
    retry: true,
  },
  unsupported: {
    title: 'This browser cannot join',
    steps: ['Use a current Chrome, Edge, Brave, Opera or Firefox.'],
    retry: false,
  },
  protocol: {
    title: 'Page and server do not understand each other',
    steps: ['Reload this page: the server may have been updated meanwhile.'],
    retry: true,
  },
};

const kNotInvited: Words = {
  title: 'This room needs an invitation',
  text: 'The address you opened has no pass for this room in it.',
  steps: ['Ask whoever invited you for the whole link, and open it as it is.'],
  retry: false,
};

const kInvitationRefused: Words = {
  title: 'Your invitation is not valid',
  text: 'Its pass has expired, or belongs to another room or server.',
  steps: ['Ask whoever invited you for a new link, and open it as it is.'],
  retry: false,
};

const kUnknown: Words = {
  title: 'Joining did not work',
  steps: ['Try again in a moment.'],
  retry: true,
};

/** Why joining failed. `invited`: the address had a token in it. */
export function joinProblem(failure: Failure, invited: boolean): ProblemPanel {
  const words =
    failure.code === 'unauthorized'
      ? invited
        ? kInvitationRefused
        : kNotInvited
      : (kJoinWords[failure.code] ?? kUnknown);
  return {
    code: failure.code,
    title: words.title,
    text: words.text ?? failure.message,
    steps: words.steps,
    retry: words.retry,
  };
}

/** Why a camera or microphone does not work. Joining works all the same. */
export function deviceProblem(
  device: 'camera' | 'microphone' | 'both',
  failure: Failure,
): ProblemPanel {
  const things = device === 'both' ? 'camera and microphone' : device;
  const them = device === 'both' ? 'them' : 'it';
  switch (failure.code) {
    case 'permission_denied':
      return {
        code: failure.code,
        title: `Your ${things} ${device === 'both' ? 'are' : 'is'} blocked`,
        text: 'You can join to watch and listen.',
        steps: [
          `Click the icon to the left of the address and allow ${things}.`,
          'Still blocked? Look in the privacy settings of your system, too.',
          'Then try again here.',
        ],
        retry: true,
      };
    case 'device_not_found':
      return {
        code: failure.code,
        title: device === 'both' ? 'No camera or microphone found' : `No ${device} found`,
        text:
          device === 'camera'
            ? 'You can join with sound only.'
            : 'You can join to watch and listen.',
        steps: [`Plug ${them} in, then try again.`],
        retry: true,
      };
    case 'device_busy':
      return {
        code: failure.code,
        title: `Your ${things} could not be opened`,
        text: 'Another program is probably using it.',
        steps: ['Close other programs and tabs that make calls, then try again.'],
        retry: true,
      };
    default:
      return {
        code: failure.code,
        title: `Your ${things} ${device === 'both' ? 'do' : 'does'} not work`,
        text: failure.message,
        steps: ['You can join to watch and listen.'],
        retry: true,
      };
  }
}

/** One panel out of what went wrong with either device; undefined when nothing did. */
export function devicesProblem(
  camera: Failure | undefined,
  microphone: Failure | undefined,
): ProblemPanel | undefined {
  if (camera && microphone && camera.code === microphone.code) return deviceProblem('both', camera);
  if (microphone) return deviceProblem('microphone', microphone);
  if (camera) return deviceProblem('camera', camera);
  return undefined;
}

/** What the browser lacks, when that keeps one from joining or from being seen and heard. */
export function supportPanel(problems: readonly SupportProblem[]): ProblemPanel | undefined {
  const blocking = problems.filter((problem) => problem.severity === 'cannot_join');
  const sending = problems.filter((problem) => problem.severity === 'cannot_send');
  if (blocking.length > 0) {
    const insecure = blocking.some((problem) => problem.code === 'insecure_context');
    return {
      code: insecure ? 'insecure_context' : 'unsupported',
      title: insecure ? 'This address is not secure' : 'This browser cannot join',
      text: insecure
        ? 'Browsers give cameras, microphones and video codecs only to pages from https:// or localhost.'
        : 'It lacks something that every meeting needs.',
      steps: insecure
        ? [
            'Open this page with https:// in front of the address.',
            'On the machine that runs the server, http://localhost works as well.',
          ]
        : blocking.map((problem) => problem.message),
      retry: false,
    };
  }
  if (sending.length > 0) {
    return {
      code: 'cannot_send',
      title: 'You can watch and listen',
      text: 'This browser cannot send picture or sound.',
      steps: sending.map((problem) => problem.message),
      retry: false,
    };
  }
  return undefined;
}

/** What to tell somebody whose meeting is over. `failure`: what broke it, for the reason `error`. */
export function farewell(
  reason: CloseReason,
  failure?: Failure,
): { title: string; text: string } {
  switch (reason) {
    case 'left':
      return { title: 'You left the meeting', text: 'The room stays open for the others.' };
    case 'duplicate_identity':
      return {
        title: 'You joined from somewhere else',
        text: 'The same person can be in the room only once, so this window stepped aside.',
      };
    case 'removed':
      return {
        title: 'You were removed',
        text: 'Somebody with the right to do so took you out of the room.',
      };
    case 'room_closed':
      return { title: 'The meeting has ended', text: 'The room was closed for everyone.' };
    case 'server_shutdown':
      return {
        title: 'The server was stopped',
        text: 'It said goodbye in good order. We tried to reconnect for a while, but it is not back yet.',
      };
    case 'connection_lost':
      return {
        title: 'The connection is gone',
        text: 'We tried to reconnect for a while, without luck.',
      };
    case 'too_slow':
      return {
        title: 'Your connection was too slow',
        text: 'Not even sound came through any more.',
      };
    case 'error':
      return {
        title: 'The meeting broke off',
        text: failure ? joinProblem(failure, true).text : 'Something went wrong on the way.',
      };
  }
}
