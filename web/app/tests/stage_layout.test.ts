import { describe, expect, it } from 'vitest';
import type { Rect } from '../src/layout/rect';
import { layoutStage, type StageLayout, type StageRequest } from '../src/layout/stage_layout';

const kDesktop = { width: 1416, height: 812 };
const kPhone = { width: 374, height: 700 };
const people = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${index}`);
const request = (change: Partial<StageRequest>): StageRequest => ({
  area: kDesktop,
  others: [],
  self: 'self',
  page: 0,
  ...change,
});

function find(layout: StageLayout, key: string) {
  return layout.placed.find((tile) => tile.key === key);
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('layoutStage', () => {
  it('shows only the own tile while nobody else is there', () => {
    expect(layoutStage(request({})).placed.map((tile) => tile.key)).toEqual(['self']);
  });

  it('floats the own tile, small, over the other in a wide window', () => {
    const layout = layoutStage(request({ others: ['p0'] }));
    const self = find(layout, 'self')!;
    const other = find(layout, 'p0')!;
    expect(self.role).toBe('self');
    expect(self.rect.width * 3).toBeLessThan(other.rect.width);
    expect(self.rect.x + self.rect.width).toBeLessThanOrEqual(other.rect.x + other.rect.width);
  });

  it('puts the own tile below the other in a tall window, covering nobody', () => {
    const layout = layoutStage(request({ area: kPhone, others: ['p0'] }));
    expect(overlap(find(layout, 'self')!.rect, find(layout, 'p0')!.rect)).toBe(false);
  });

  it('gives the own tile the last place in a grid', () => {
    const layout = layoutStage(request({ others: people(3) }));
    expect(layout.placed.map((tile) => tile.key)).toEqual(['p0', 'p1', 'p2', 'self']);
    expect(layout.pages).toBe(1);
  });

  it('turns pages when there are too many, with the own tile on each', () => {
    const others = people(24);
    const first = layoutStage(request({ area: kPhone, others }));
    expect(first.pages).toBeGreaterThan(1);
    const seen = new Set<string>();
    for (let page = 0; page < first.pages; page++) {
      const layout = layoutStage(request({ area: kPhone, others, page }));
      expect(find(layout, 'self')).toBeDefined();
      expect(layout.hidden).toBe(24 - (layout.placed.length - 1));
      layout.placed.forEach((tile) => seen.add(tile.key));
    }
    expect(seen.size).toBe(25);
  });

  it('goes to the last page when the wanted one is gone', () => {
    const layout = layoutStage(request({ area: kPhone, others: people(24), page: 99 }));
    expect(layout.page).toBe(layout.pages - 1);
  });

  it.each([kDesktop, kPhone, { width: 820, height: 310 }])(
    'gives a screen the largest place in $width x $height and overlaps nothing',
    (area) => {
      const layout = layoutStage(
        request({ area, others: ['screen', ...people(4)], stage: 'screen', stageAspect: 16 / 9 }),
      );
      const screen = find(layout, 'screen')!;
      expect(screen.role).toBe('stage');
      layout.placed.forEach((tile, index) => {
        expect(tile.rect.x).toBeGreaterThanOrEqual(0);
        expect(tile.rect.y).toBeGreaterThanOrEqual(0);
        expect(tile.rect.x + tile.rect.width).toBeLessThanOrEqual(area.width);
        expect(tile.rect.y + tile.rect.height).toBeLessThanOrEqual(area.height);
        if (tile !== screen)
          expect(tile.rect.width * tile.rect.height).toBeLessThan(
            screen.rect.width * screen.rect.height,
          );
        for (const other of layout.placed.slice(index + 1))
          expect(overlap(tile.rect, other.rect)).toBe(false);
      });
    },
  );

  it('trims the stage to the shape of a screen', () => {
    const { rect } = find(
      layoutStage(request({ others: ['screen', 'p0'], stage: 'screen', stageAspect: 4 / 3 })),
      'screen',
    )!;
    expect(rect.width / rect.height).toBeCloseTo(4 / 3, 2);
  });

  it('counts who found no room in the strip, and keeps the own tile', () => {
    const layout = layoutStage(
      request({
        area: { width: 820, height: 310 },
        others: ['screen', ...people(20)],
        stage: 'screen',
      }),
    );
    expect(layout.hidden).toBeGreaterThan(0);
    expect(layout.placed.length + layout.hidden).toBe(22);
    expect(find(layout, 'self')).toBeDefined();
  });

  it('can give the stage to the own tile', () => {
    const layout = layoutStage(request({ others: people(2), stage: 'self' }));
    expect(find(layout, 'self')!.role).toBe('stage');
    expect(layout.placed).toHaveLength(3);
  });

  it('places nothing while the window has no size', () => {
    expect(
      layoutStage(request({ area: { width: 0, height: 0 }, others: people(3) })).placed,
    ).toEqual([]);
  });
});
