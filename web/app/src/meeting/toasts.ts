import { nameInSentence } from './name_in_sentence';

/** A short message that goes away by itself. */
export interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'problem';
  readonly text: string;
  /** When it disappears, in ms on the caller's clock. */
  readonly until: number;
  /** People it is about, for merging joins and leaves that come together. */
  readonly about?: { readonly what: 'joined' | 'left'; readonly names: readonly string[] };
}

const kToastMs = 4_000;
const kProblemMs = 9_000;
/** More at once would cover the picture; the oldest goes first. */
const kToastsMax = 3;

/** Adds "Ada joined"; people who come or go together share one message. */
export function addPresence(
  toasts: readonly Toast[],
  what: 'joined' | 'left',
  name: string,
  now: number,
): readonly Toast[] {
  const previous = toasts.find((toast) => toast.about?.what === what && toast.until > now);
  const names = [...(previous?.about?.names ?? []), name];
  const toast: Toast = {
    id: previous?.id ?? nextId(toasts),
    tone: 'plain',
    text: `${listNames(names)} ${what}`,
    until: now + kToastMs,
    about: { what, names },
  };
  return bounded([...toasts.filter((other) => other !== previous), toast]);
}

/** Adds a message; the same text again only lives longer. */
export function addMessage(
  toasts: readonly Toast[],
  text: string,
  tone: Toast['tone'],
  now: number,
): readonly Toast[] {
  const previous = toasts.find((toast) => toast.text === text);
  const until = now + (tone === 'problem' ? kProblemMs : kToastMs);
  const toast: Toast = { id: previous?.id ?? nextId(toasts), tone, text, until };
  return bounded([...toasts.filter((other) => other !== previous), toast]);
}

/** Without those whose time is over; the same array when nothing changed. */
export function dropExpired(toasts: readonly Toast[], now: number): readonly Toast[] {
  return toasts.some((toast) => toast.until <= now)
    ? toasts.filter((toast) => toast.until > now)
    : toasts;
}

/** When to call `dropExpired` next; undefined while there is nothing to drop. */
export function nextExpiry(toasts: readonly Toast[]): number | undefined {
  return toasts.length === 0 ? undefined : Math.min(...toasts.map((toast) => toast.until));
}

/** "Ada", "Ada and Bo", "Ada, Bo and 3 others". */
export function listNames(names: readonly string[]): string {
  const [first, second, third] = names.slice(0, 3).map(nameInSentence);
  if (first === undefined) return '';
  if (second === undefined) return first;
  if (third === undefined) return `${first} and ${second}`;
  if (names.length === 3) return `${first}, ${second} and ${third}`;
  return `${first}, ${second} and ${names.length - 2} others`;
}

function nextId(toasts: readonly Toast[]): number {
  return toasts.reduce((highest, toast) => Math.max(highest, toast.id), 0) + 1;
}

function bounded(toasts: readonly Toast[]): readonly Toast[] {
  return toasts.slice(-kToastsMax);
}
