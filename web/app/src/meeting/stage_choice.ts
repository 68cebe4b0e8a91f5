/** How the person wants the meeting arranged. */
export type LayoutMode = 'auto' | 'grid' | 'speaker';

export interface StageChoice {
  readonly mode: LayoutMode;
  /** The tile the person pinned, if any; it may be gone by now. */
  readonly pinned: string | undefined;
  /** Keys of shared screens, oldest first. */
  readonly screens: readonly string[];
  /** Keys of the people other than ourselves. */
  readonly others: readonly string[];
  readonly self: string;
  /** Keys of those who speak, loudest first. */
  readonly speakers: readonly string[];
  /** What had the stage before. */
  readonly previous: string | undefined;
}

/**
 * Who gets the stage; undefined: nobody, all are equals in a grid.
 *
 * A pinned tile wins. Then, unless the person asked for a grid, the newest shared screen. In
 * speaker mode then whoever speaks: the previous speaker stays through silence and while they are
 * among those who speak, so that two people talking at once do not make the stage flicker.
 */
export function chooseStage(choice: StageChoice): string | undefined {
  const { mode, pinned, screens, others, self, speakers, previous } = choice;
  if (pinned !== undefined && [...screens, ...others, self].includes(pinned)) return pinned;
  if (mode === 'grid') return undefined;
  if (screens.length > 0) return screens[screens.length - 1];
  if (mode === 'auto' || others.length === 0) return undefined;
  const previousStays =
    previous !== undefined &&
    others.includes(previous) &&
    (speakers.length === 0 || speakers.includes(previous));
  return previousStays ? previous : (speakers.find((key) => others.includes(key)) ?? others[0]);
}
