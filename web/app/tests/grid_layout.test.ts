import { describe, expect, it } from 'vitest';
import { gridCapacity, layoutGrid } from '../src/layout/grid_layout';
import type { Rect, Size } from '../src/layout/rect';

const kDesktop: Size = { width: 1416, height: 812 };
const kPhone: Size = { width: 374, height: 700 };

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('layoutGrid', () => {
  it('has nothing to place without tiles or without room', () => {
    expect(layoutGrid(0, kDesktop, 12).tiles).toEqual([]);
    expect(layoutGrid(3, { width: 0, height: 500 }, 12).tiles).toEqual([]);
  });

  it('gives one person the whole height of a desktop', () => {
    expect(layoutGrid(1, kDesktop, 12).tiles[0]!.height).toBeGreaterThan(790);
  });

  it('puts people side by side in a wide window and above one another in a tall one', () => {
    expect(layoutGrid(2, kDesktop, 12)).toMatchObject({ rows: 1, columns: 2 });
    expect(layoutGrid(2, kPhone, 8)).toMatchObject({ rows: 2, columns: 1 });
  });

  it('arranges nine as three by three on a desktop', () => {
    expect(layoutGrid(9, kDesktop, 12)).toMatchObject({ rows: 3, columns: 3 });
  });

  it('centres a last row that is not full', () => {
    const { tiles } = layoutGrid(5, kDesktop, 12);
    const last = tiles.slice(3);
    const left = last[0]!.x;
    const right = kDesktop.width - (last[1]!.x + last[1]!.width);
    expect(Math.abs(left - right)).toBeLessThanOrEqual(1);
  });

  it.each([kDesktop, kPhone, { width: 830, height: 310 }, { width: 260, height: 780 }])(
    'keeps 1 to 25 tiles inside, apart, equal and in shape in $width x $height',
    (area) => {
      for (let count = 1; count <= 25; count++) {
        const { tiles } = layoutGrid(count, area, 8);
        expect(tiles).toHaveLength(count);
        tiles.forEach((tile, index) => {
          expect(tile.x).toBeGreaterThanOrEqual(0);
          expect(tile.y).toBeGreaterThanOrEqual(0);
          expect(tile.x + tile.width).toBeLessThanOrEqual(area.width);
          expect(tile.y + tile.height).toBeLessThanOrEqual(area.height);
          expect(tile.width).toBe(tiles[0]!.width);
          expect(tile.width / tile.height).toBeGreaterThan(0.72);
          expect(tile.width / tile.height).toBeLessThan(1.87);
          for (const other of tiles.slice(index + 1)) expect(overlap(tile, other)).toBe(false);
        });
      }
    },
  );

  it.each([kDesktop, kPhone])(
    'covers more than half of $width x $height with 2 to 25 tiles',
    (area) => {
      for (let count = 2; count <= 25; count++) {
        const covered = layoutGrid(count, area, 8).tiles.reduce(
          (sum, tile) => sum + tile.width * tile.height,
          0,
        );
        expect(covered / (area.width * area.height), `${count} tiles`).toBeGreaterThan(0.5);
      }
    },
  );
});

describe('gridCapacity', () => {
  it('shows everyone while the tiles are large enough', () => {
    expect(gridCapacity(25, kDesktop, 12, { width: 148, height: 104 })).toBe(25);
  });

  it('shows fewer rather than tiles too small to recognise anyone', () => {
    const capacity = gridCapacity(25, kPhone, 8, { width: 148, height: 104 });
    expect(capacity).toBeLessThan(25);
    const tile = layoutGrid(capacity, kPhone, 8).tiles[0]!;
    expect(tile.width).toBeGreaterThanOrEqual(148);
    expect(tile.height).toBeGreaterThanOrEqual(104);
  });

  it('shows at least one, however small the window', () => {
    expect(gridCapacity(4, { width: 50, height: 50 }, 8, { width: 148, height: 104 })).toBe(1);
  });
});
