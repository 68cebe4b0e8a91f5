// The barcode on top of every test picture: a row of 30 cells, a twelfth of the picture high. White,
// 8 bits of sender, 16 bits of picture number, 4 bits of check, black. Large enough to survive VP8
// at low rates; white and black tell the reader the threshold.

export const kCells = 30;

/** The cells, left to right, as 0 and 1. */
export function barcodeCells(sender, number) {
  const value = ((sender & 0xff) << 16) | (number & 0xffff);
  let check = 0;
  for (let shift = 0; shift < 24; shift += 4) check ^= (value >> shift) & 0xf;
  const bits = [];
  for (let bit = 23; bit >= 0; bit--) bits.push((value >> bit) & 1);
  for (let bit = 3; bit >= 0; bit--) bits.push((check >> bit) & 1);
  return [1, ...bits, 0];
}

/** What {@link kReadBarcode} found: undefined when there is no valid barcode. */
export function decodeCells(levels) {
  const high = levels[0];
  const low = levels[kCells - 1];
  if (high - low < 80) return undefined;
  const bits = levels.slice(1, kCells - 1).map((level) => (level > (high + low) / 2 ? 1 : 0));
  const value = bits.slice(0, 24).reduce((sum, bit) => sum * 2 + bit, 0);
  const check = bits.slice(24).reduce((sum, bit) => sum * 2 + bit, 0);
  let expected = 0;
  for (let shift = 0; shift < 24; shift += 4) expected ^= (value >> shift) & 0xf;
  if (check !== expected) return undefined;
  return { sender: value >> 16, number: value & 0xffff };
}
