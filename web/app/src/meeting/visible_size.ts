import type { Size } from '../layout/rect';

/**
 * How large a track is shown, in device pixels, as the SDK wants to know it: the size of the drawn
 * picture, of which a tile of another shape shows a part (`cover`) or which it frames (`contain`).
 * Nothing shown is (0, 0).
 */
export function visibleSize(
  tile: Size,
  picture: Size,
  fit: 'cover' | 'contain',
  devicePixelRatio: number,
  hidden: boolean,
): Size {
  if (hidden || tile.width <= 0 || tile.height <= 0) return { width: 0, height: 0 };
  const known = picture.width > 0 && picture.height > 0 ? picture : { width: 16, height: 9 };
  const scales = [tile.width / known.width, tile.height / known.height];
  const scale = fit === 'cover' ? Math.max(...scales) : Math.min(...scales);
  return {
    width: Math.round(known.width * scale * devicePixelRatio),
    height: Math.round(known.height * scale * devicePixelRatio),
  };
}
