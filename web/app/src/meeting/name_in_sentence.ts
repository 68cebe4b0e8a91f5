/**
 * A person's name for use inside a sentence of ours: whatever direction its letters have, and
 * whatever marks of direction somebody put into it, the words around it keep their order.
 *
 * Marks that turn the text after them around (Unicode Standard Annex 9: embeddings, overrides,
 * isolates) are left out, since one that ends an isolate would get out of ours too.
 */
export function nameInSentence(name: string): string {
  if (/^\p{ASCII}*$/u.test(name)) return name;
  return `\u2068${name.replace(/[\u202A-\u202E\u2066-\u2069]/gu, '')}\u2069`;
}
