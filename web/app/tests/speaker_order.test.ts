import { describe, expect, it } from 'vitest';
import { bringSpeakersForward } from '../src/layout/speaker_order';

const kOrder = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('bringSpeakersForward', () => {
  it('moves nobody while all speakers are on the first page', () => {
    expect(
      bringSpeakersForward(
        kOrder,
        new Map([
          ['b', 5],
          ['a', 9],
        ]),
        3,
      ),
    ).toEqual(kOrder);
  });

  it('swaps a speaker of a later page with whoever was silent longest', () => {
    expect(
      bringSpeakersForward(
        kOrder,
        new Map([
          ['a', 1],
          ['b', 2],
          ['c', 3],
          ['e', 4],
        ]),
        3,
      ),
    ).toEqual(['e', 'b', 'c', 'd', 'a', 'f']);
  });

  it('lets those who never spoke give way first', () => {
    expect(
      bringSpeakersForward(
        kOrder,
        new Map([
          ['a', 1],
          ['f', 4],
        ]),
        3,
      ),
    ).toEqual(['a', 'b', 'f', 'd', 'e', 'c']);
  });

  it('does not replace people who spoke more recently', () => {
    expect(
      bringSpeakersForward(
        kOrder,
        new Map([
          ['a', 7],
          ['b', 8],
          ['c', 9],
          ['d', 1],
        ]),
        3,
      ),
    ).toEqual(kOrder);
  });

  it('keeps everyone exactly once', () => {
    const result = bringSpeakersForward(
      kOrder,
      new Map([
        ['d', 1],
        ['e', 2],
        ['f', 3],
      ]),
      2,
    );
    expect([...result].sort()).toEqual(kOrder);
  });

  it('has nothing to do when all fit', () => {
    expect(bringSpeakersForward(kOrder, new Map([['f', 1]]), 6)).toEqual(kOrder);
  });
});
