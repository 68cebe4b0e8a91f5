/** Short, friendly, easy to say on the telephone. */
const kMoods = [
  'amber',
  'brisk',
  'bright',
  'calm',
  'clear',
  'cool',
  'crisp',
  'deep',
  'early',
  'fresh',
  'gentle',
  'glad',
  'golden',
  'green',
  'happy',
  'kind',
  'light',
  'lucky',
  'mellow',
  'misty',
  'quick',
  'quiet',
  'silver',
  'sunny',
  'swift',
  'tidy',
  'warm',
  'wide',
  'wild',
  'young',
];
const kWaters = [
  'bay',
  'beck',
  'brook',
  'canal',
  'cove',
  'creek',
  'delta',
  'dew',
  'eddy',
  'fjord',
  'ford',
  'harbor',
  'lagoon',
  'lake',
  'lock',
  'meadow',
  'mill',
  'pond',
  'pool',
  'rain',
  'reef',
  'ripple',
  'river',
  'sea',
  'shore',
  'spring',
  'stream',
  'tide',
  'wave',
  'weir',
];

/** The server counts UTF-8 bytes (docs/protocol.md, section 2: `name_bytes`). */
export const kNameBytesMax = 128;

/**
 * A friendly name such as `calm-river-417`. `random` returns numbers from 0 up to but not including
 * 1. 30 x 30 x 900 names: good against meeting by accident, no protection against guessing.
 */
export function suggestRoomName(random: () => number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)]!;
  return `${pick(kMoods)}-${pick(kWaters)}-${100 + Math.floor(random() * 900)}`;
}

/**
 * What a person typed, as a room name that reads well in an address: lower case, words joined by
 * hyphens. Letters of all scripts stay. Empty when nothing usable is left. A whole invite link
 * counts as the room it leads to.
 */
export function normalizeRoomName(typed: string): string {
  const link = /^https?:\/\/[^/]+\/r\/([^/?#]+)/i.exec(typed.trim());
  const text = link ? decodeOrKeep(link[1]!) : typed;
  const name = text
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return cutToBytes(name, kNameBytesMax);
}

/** The longest beginning of `text` of at most `bytesMax` bytes in UTF-8; never half a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  const encoder = new TextEncoder();
  let result = '';
  let bytes = 0;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > bytesMax) break;
    result += character;
  }
  return result;
}

function decodeOrKeep(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
