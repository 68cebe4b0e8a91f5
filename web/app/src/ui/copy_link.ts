/** Puts `text` on the clipboard; false where browser or person forbid it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Missing on insecure pages, whatever the type says.
    await (navigator.clipboard as Clipboard | undefined)?.writeText(text);
    return (navigator.clipboard as Clipboard | undefined) !== undefined;
  } catch {
    return false;
  }
}
