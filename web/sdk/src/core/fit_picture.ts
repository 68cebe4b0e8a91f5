/** A size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The largest size with the shape of `source` that has no more pixels than `limit` and is not
 * enlarged; even numbers, as codecs with 4:2:0 colour want.
 *
 * The limit is an area, so that an upright phone picture may be 360x640: what costs is pixels.
 */
export function fitPicture(source: PictureSize, limit: PictureSize): PictureSize {
  const area = limit.width * limit.height;
  const scale = Math.min(1, Math.sqrt(area / (source.width * source.height)));
  let width = even(source.width * scale);
  let height = even(source.height * scale);
  // Rounding to even may step over the area by a row.
  while (width * height > area) {
    if (width > height) width -= 2;
    else height -= 2;
  }
  return { width: Math.max(2, width), height: Math.max(2, height) };
}

function even(value: number): number {
  return Math.max(2, 2 * Math.round(value / 2));
}
