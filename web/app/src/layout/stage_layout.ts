import { gridCapacity, layoutGrid } from './grid_layout';
import { fitInto, type Rect, type Size } from './rect';

/**
 * `grid`: one of many equals; `stage`: the large one; `strip`: beside it; `self`: own picture,
 * floating.
 */
export type TileRole = 'grid' | 'stage' | 'strip' | 'self';

export interface PlacedTile {
  readonly key: string;
  readonly role: TileRole;
  readonly rect: Rect;
}

export interface StageLayout {
  /** In the order in which a keyboard walks them. Whoever is missing here is not visible. */
  readonly placed: readonly PlacedTile[];
  /** How many tiles found no room on this page. */
  readonly hidden: number;
  /** Pages of the grid, at least 1, and the one shown, from 0. */
  readonly pages: number;
  readonly page: number;
}

export interface StageRequest {
  readonly area: Size;
  /** Everyone else's tiles, in order. */
  readonly others: readonly string[];
  /** The own tile. */
  readonly self: string;
  /** The tile that gets the stage: a screen share, or the speaker. None: a grid of equals. */
  readonly stage?: string;
  /** Width / height of what is on the stage, when it must not be cropped (a screen). */
  readonly stageAspect?: number;
  /** Wanted page of the grid, from 0. */
  readonly page: number;
}

/** Faces in tiles below this size are guesses. The strip is for company, so it may go lower. */
const kSmallestGridTile: Size = { width: 148, height: 104 };
const kSmallestStripTile: Size = { width: 112, height: 63 };
const kTilesMax = 25;
const kPictureAspect = 16 / 9;

/** Kept free below a grid of several pages, for the buttons that turn them. */
export const kPagerHeight = 48;

/** Space between tiles: less where every pixel counts. */
export function tileGap(area: Size): number {
  return area.width < 600 ? 8 : 12;
}

/**
 * Places the tiles on the stage.
 *
 * One other person: they fill the stage and the own picture floats in a corner (or takes the free
 * space below, in a tall window). More: a grid, own tile last, in pages when there are too many.
 * With `stage`: that tile large, the rest in a strip along the side that costs the stage least.
 */
export function layoutStage(request: StageRequest): StageLayout {
  const { area, others, self, stage } = request;
  if (area.width <= 0 || area.height <= 0) return { placed: [], hidden: 0, pages: 1, page: 0 };
  if (stage !== undefined) return withStage(request, stage);
  if (others.length === 0) return withoutCompany(area, self);
  if (others.length === 1) return faceToFace(area, others[0]!, self);
  return paged(request);
}

function withoutCompany(area: Size, self: string): StageLayout {
  const rect = layoutGrid(1, area, 0).tiles[0];
  return { placed: rect ? [{ key: self, role: 'grid', rect }] : [], hidden: 0, pages: 1, page: 0 };
}

function faceToFace(area: Size, other: string, self: string): StageLayout {
  const gap = tileGap(area);
  const large = layoutGrid(1, area, gap).tiles[0]!;
  const portrait = area.height > area.width;
  const width = Math.round(Math.min(280, Math.max(120, area.width * (portrait ? 0.36 : 0.19))));
  const height = Math.round(portrait ? width / kPictureAspect : (width * 9) / 16);
  const below = area.height - large.height - gap;
  if (below >= height) {
    // A tall window leaves a band free: two pictures one above the other, nobody covered.
    const own = fitInto({ width: area.width * 0.8, height: below }, kPictureAspect);
    const rect = {
      x: Math.round((area.width - own.width) / 2),
      y: large.height + gap,
      width: Math.round(own.width),
      height: Math.round(own.height),
    };
    const top = Math.round((below - own.height) / 2);
    return {
      placed: [
        { key: other, role: 'grid', rect: { ...large, y: top } },
        { key: self, role: 'self', rect: { ...rect, y: rect.y + top } },
      ],
      hidden: 0,
      pages: 1,
      page: 0,
    };
  }
  const rect = {
    x: large.x + large.width - width - gap,
    y: large.y + large.height - height - gap,
    width,
    height,
  };
  return {
    placed: [
      { key: other, role: 'grid', rect: large },
      { key: self, role: 'self', rect },
    ],
    hidden: 0,
    pages: 1,
    page: 0,
  };
}

function paged(request: StageRequest): StageLayout {
  const { others, self } = request;
  const gap = tileGap(request.area);
  const total = others.length + 1;
  const fits = (space: Size): number =>
    gridCapacity(Math.min(total, kTilesMax), space, gap, kSmallestGridTile);
  const onePage = fits(request.area) >= total;
  const area = onePage
    ? request.area
    : { width: request.area.width, height: Math.max(1, request.area.height - kPagerHeight) };
  const capacity = fits(area);
  // The own tile is on every page, so a page holds one other fewer.
  const perPage = Math.max(1, capacity - 1);
  const pages = onePage ? 1 : Math.ceil(others.length / perPage);
  const page = Math.min(Math.max(0, request.page), pages - 1);
  const shown = others.slice(page * perPage, (page + 1) * perPage);
  const keys = [...shown, self];
  const grid = layoutGrid(keys.length, area, gap);
  return {
    placed: keys.map((key, index) => ({ key, role: 'grid', rect: grid.tiles[index]! })),
    hidden: others.length - shown.length,
    pages,
    page,
  };
}

function withStage(request: StageRequest, stage: string): StageLayout {
  const { area, others, self, stageAspect } = request;
  const gap = tileGap(area);
  const strip = [...others.filter((key) => key !== stage), ...(self === stage ? [] : [self])];
  if (strip.length === 0) {
    return {
      placed: [{ key: stage, role: 'stage', rect: trimTo({ x: 0, y: 0, ...area }, stageAspect) }],
      hidden: 0,
      pages: 1,
      page: 0,
    };
  }
  const split = bestSplit(area, gap);
  const capacity = gridCapacity(
    Math.min(strip.length, kTilesMax),
    split.strip,
    gap,
    kSmallestStripTile,
  );
  // When not all fit, the own tile gives way last: people want to know how they look.
  const shown =
    strip.length <= capacity
      ? strip
      : [
          ...strip
            .slice(0, capacity)
            .filter((key) => key !== self)
            .slice(0, Math.max(0, capacity - 1)),
          ...(self === stage ? [] : [self]),
        ];
  const tiles = layoutGrid(shown.length, split.strip, gap).tiles;
  return {
    placed: [
      { key: stage, role: 'stage', rect: trimTo(split.stage, stageAspect) },
      ...shown.map((key, index): PlacedTile => {
        const tile = tiles[index]!;
        return {
          key,
          role: 'strip',
          rect: { ...tile, x: tile.x + split.strip.x, y: tile.y + split.strip.y },
        };
      }),
    ],
    hidden: strip.length - shown.length,
    pages: 1,
    page: 0,
  };
}

/**
 * The middle of `rect` that has this aspect ratio, so that a screen has no empty bars in its tile.
 */
function trimTo(rect: Rect, aspect: number | undefined): Rect {
  if (aspect === undefined) return rect;
  const size = fitInto(rect, aspect);
  const width = Math.round(size.width);
  const height = Math.round(size.height);
  return {
    x: rect.x + Math.round((rect.width - width) / 2),
    y: rect.y + Math.round((rect.height - height) / 2),
    width,
    height,
  };
}

/**
 * Cuts the area into stage and strip, at the side or below: whichever leaves the larger picture.
 */
function bestSplit(area: Size, gap: number): { stage: Rect; strip: Rect } {
  const sideWidth = Math.round(Math.min(260, Math.max(132, area.width * 0.18)));
  const side = { width: area.width - sideWidth - gap, height: area.height };
  const pictureHeight = Math.round(area.width / kPictureAspect);
  const leastBelow = Math.round(Math.min(150, Math.max(72, area.height * 0.17)));
  const below = {
    width: area.width,
    // In a tall window the picture needs no more than this, and the rest goes to the people.
    height: Math.min(area.height - leastBelow - gap, pictureHeight),
  };
  const pixels = (size: Size): number => {
    const picture = fitInto(size, kPictureAspect);
    return picture.width * picture.height;
  };
  if (pixels(side) >= pixels(below)) {
    return {
      stage: { x: 0, y: 0, ...side },
      strip: { x: side.width + gap, y: 0, width: sideWidth, height: area.height },
    };
  }
  return {
    stage: { x: 0, y: 0, ...below },
    strip: {
      x: 0,
      y: below.height + gap,
      width: area.width,
      height: area.height - below.height - gap,
    },
  };
}
