/**
 * Puts people into pages so that whoever speaks is on the first one, while nobody who is already
 * there moves: a face that jumps about is worse than one that is missing.
 *
 * `order`: everybody in order of arrival; `lastSpokeAt`: when somebody was last heard, in any unit,
 * missing for never; `pageSize`: how many fit on the first page. A speaker of a later page
 * changes places with the person of the first page who has been silent longest.
 */
export function bringSpeakersForward(
  order: readonly string[],
  lastSpokeAt: ReadonlyMap<string, number>,
  pageSize: number,
): string[] {
  const result = [...order];
  if (pageSize <= 0 || pageSize >= result.length) return result;
  const heard = (key: string): number => lastSpokeAt.get(key) ?? -Infinity;
  const laterByRecency = result
    .slice(pageSize)
    .filter((key) => lastSpokeAt.has(key))
    .sort((a, b) => heard(b) - heard(a));
  for (const speaker of laterByRecency) {
    let quietest = 0;
    for (let index = 1; index < pageSize; index++) {
      if (heard(result[index]!) <= heard(result[quietest]!)) quietest = index;
    }
    if (heard(result[quietest]!) >= heard(speaker)) break;
    const from = result.indexOf(speaker);
    result[from] = result[quietest]!;
    result[quietest] = speaker;
  }
  return result;
}
