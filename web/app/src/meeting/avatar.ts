/** How many colours the stylesheet has for people without a picture (`.avatar-0` and on). */
export const kAvatarColors = 8;

/** One or two letters for a person: of the first and the last word of the name. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letter = (word: string | undefined): string =>
    (word?.match(/[\p{L}\p{N}]\p{M}*/u)?.[0] ?? '').toLocaleUpperCase();
  if (words.length === 0) return '?';
  if (words.length === 1) return letter(words[0]);
  return letter(words[0]) + letter(words[words.length - 1]);
}

/** A colour that one identity keeps on every screen: FNV-1a of its characters. */
export function avatarColor(identity: string): number {
  let hash = 0x811c9dc5;
  for (const character of identity) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash % kAvatarColors;
}
