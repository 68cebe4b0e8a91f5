import { describe, expect, it } from 'vitest';
import { chooseStage, type StageChoice } from '../src/meeting/stage_choice';

const choice = (change: Partial<StageChoice>): StageChoice => ({
  mode: 'auto',
  pinned: undefined,
  screens: [],
  others: ['a', 'b'],
  self: 'self',
  speakers: [],
  previous: undefined,
  ...change,
});

describe('chooseStage', () => {
  it('leaves all equal without a screen', () => {
    expect(chooseStage(choice({ speakers: ['a'] }))).toBeUndefined();
  });

  it('gives the stage to the newest screen', () => {
    expect(chooseStage(choice({ screens: ['screen:a', 'screen:b'] }))).toBe('screen:b');
  });

  it('keeps a grid when the person asked for one', () => {
    expect(chooseStage(choice({ mode: 'grid', screens: ['screen:a'] }))).toBeUndefined();
  });

  it('lets a pinned tile win, while it is there', () => {
    expect(chooseStage(choice({ pinned: 'b', screens: ['screen:a'] }))).toBe('b');
    expect(chooseStage(choice({ pinned: 'gone', screens: ['screen:a'] }))).toBe('screen:a');
    expect(chooseStage(choice({ mode: 'grid', pinned: 'self' }))).toBe('self');
  });

  it('follows the speaker in speaker mode', () => {
    expect(chooseStage(choice({ mode: 'speaker', speakers: ['b'], previous: 'a' }))).toBe('b');
  });

  it('stays with the previous speaker through silence and while both speak', () => {
    expect(chooseStage(choice({ mode: 'speaker', previous: 'b' }))).toBe('b');
    expect(chooseStage(choice({ mode: 'speaker', speakers: ['a', 'b'], previous: 'b' }))).toBe('b');
  });

  it('starts with the first person, and has nobody when alone', () => {
    expect(chooseStage(choice({ mode: 'speaker' }))).toBe('a');
    expect(chooseStage(choice({ mode: 'speaker', others: [] }))).toBeUndefined();
  });
});
