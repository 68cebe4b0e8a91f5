import type { Rect, Size } from './rect';

/** Cameras deliver 16:9; a tile of another shape crops the picture. */
const kPictureAspect = 16 / 9;

/**
 * The shapes a tile may take (width / height). Wider than a camera's picture wastes faces;
 * taller than 3:4 cuts off people who do not sit in the middle.
 */
const kWidestTile = 16 / 9;
const kTallestTile = 3 / 4;

/**
 * 1 would compare visible picture areas, 0 the areas of tiles. Chosen by eye at 2 to 25 tiles on
 * 1440x900, 1024x700 and 390x844: with more, five people leave half of a wide stage empty.
 */
const kCropWeight = 0.25;

export interface GridLayout {
  readonly rows: number;
  readonly columns: number;
  /** One for each tile, row by row; the last row is centred when it is not full. */
  readonly tiles: readonly Rect[];
}

interface Candidate {
  rows: number;
  columns: number;
  width: number;
  height: number;
  /** How much a person gets to see; see `tryColumns`. */
  score: number;
}

/**
 * Finds the rows and columns which show the most picture for `count` tiles in `area`, and places
 * the tiles in the middle of it. All tiles have the same size; coordinates are whole pixels.
 */
export function layoutGrid(count: number, area: Size, gap: number): GridLayout {
  if (count <= 0 || area.width <= 0 || area.height <= 0) return { rows: 0, columns: 0, tiles: [] };
  let best: Candidate | undefined;
  for (let columns = 1; columns <= count; columns++) {
    const candidate = tryColumns(count, columns, area, gap);
    if (candidate && (!best || candidate.score > best.score * 1.001)) best = candidate;
  }
  if (!best) return { rows: 0, columns: 0, tiles: [] };
  return { rows: best.rows, columns: best.columns, tiles: placeTiles(count, best, area, gap) };
}

/**
 * The most tiles, up to `wanted`, whose width and height are at least those of `smallest`:
 * more would be too small to recognise anyone. At least 1.
 */
export function gridCapacity(wanted: number, area: Size, gap: number, smallest: Size): number {
  for (let count = wanted; count > 1; count--) {
    const tile = layoutGrid(count, area, gap).tiles[0];
    if (tile && tile.width >= smallest.width && tile.height >= smallest.height) return count;
  }
  return Math.min(1, wanted);
}

function tryColumns(
  count: number,
  columns: number,
  area: Size,
  gap: number,
): Candidate | undefined {
  const rows = Math.ceil(count / columns);
  let width = (area.width - gap * (columns - 1)) / columns;
  let height = (area.height - gap * (rows - 1)) / rows;
  if (width <= 0 || height <= 0) return undefined;
  if (width / height > kWidestTile) width = height * kWidestTile;
  if (width / height < kTallestTile) height = width / kTallestTile;
  const aspect = width / height;
  // Faces are in the middle of pictures: what a narrow tile crops at the sides counts for less
  // than the size of what remains.
  const visible = Math.min(aspect / kPictureAspect, kPictureAspect / aspect);
  return { rows, columns, width, height, score: width * height * visible ** kCropWeight };
}

function placeTiles(count: number, grid: Candidate, area: Size, gap: number): Rect[] {
  const width = Math.floor(grid.width);
  const height = Math.floor(grid.height);
  const top = Math.floor((area.height - grid.rows * height - (grid.rows - 1) * gap) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / grid.columns);
    const inRow = Math.min(grid.columns, count - row * grid.columns);
    const left = Math.floor((area.width - inRow * width - (inRow - 1) * gap) / 2);
    return {
      x: left + (index - row * grid.columns) * (width + gap),
      y: top + row * (height + gap),
      width,
      height,
    };
  });
}
