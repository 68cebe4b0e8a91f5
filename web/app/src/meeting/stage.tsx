import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Size } from '../layout/rect';
import { bringSpeakersForward } from '../layout/speaker_order';
import { layoutStage } from '../layout/stage_layout';
import type { SessionState } from '../session';
import { Icon } from '../ui/icon';
import { kSelfKey } from './meeting_view';
import { chooseStage } from './stage_choice';
import { PersonTile, ScreenTile } from './tile';

interface Properties {
  readonly state: SessionState;
  readonly onPin: (key: string) => void;
}

/** All tiles, placed by `layoutStage` in whatever room the window leaves. */
export function Stage({ state, onPin }: Properties) {
  const { view, mode, pinned, lastSpokeAt } = state;
  const stageElement = useRef<HTMLDivElement>(null);
  const area = useSize(stageElement);
  const [page, setPage] = useState(0);
  const previous = useRef<string>();

  const arrived = useMemo(() => view.others.map((person) => person.key), [view.others]);
  const screens = view.screens.map((screen) => screen.key);
  const stage = chooseStage({
    mode,
    pinned,
    screens,
    others: arrived,
    self: kSelfKey,
    speakers: view.speakers,
    previous: previous.current,
  });
  useEffect(() => {
    previous.current = stage;
  }, [stage]);

  const shared = view.screens.find((screen) => screen.key === stage)?.video;
  const request = {
    area,
    self: kSelfKey,
    ...(stage === undefined ? {} : { stage }),
    ...(shared && shared.width > 0 && shared.height > 0
      ? { stageAspect: shared.width / shared.height }
      : {}),
  };
  const firstPage = layoutStage({ ...request, page: 0, others: [...screens, ...arrived] });
  const others =
    firstPage.hidden === 0
      ? [...screens, ...arrived]
      : [
          ...screens,
          ...bringSpeakersForward(
            arrived,
            lastSpokeAt,
            firstPage.placed.length - 1 - screens.length,
          ),
        ];
  const layout = firstPage.hidden === 0 ? firstPage : layoutStage({ ...request, page, others });
  useEffect(() => {
    if (layout.page !== page) setPage(layout.page);
  }, [layout.page, page]);

  const placed = new Map(layout.placed.map((tile) => [tile.key, tile]));
  // A tile says how large it is; for those without one, somebody must say that nobody sees them.
  useEffect(() => {
    for (const { key, video } of [...view.others, ...view.screens]) {
      if (!placed.has(key) && video && 'setVisibleSize' in video) video.setVisibleSize(0, 0);
    }
  });
  // Face to face there is nothing to choose.
  const pinFor = (key: string): (() => void) | undefined =>
    view.others.length + view.screens.length > 1 ? () => onPin(key) : undefined;
  // Elements stay in order of arrival whatever the layout: a video that is moved in the page
  // blinks.
  return (
    <div
      class="stage"
      ref={stageElement}
      data-testid="stage"
      role="region"
      aria-label="People and screens"
    >
      {view.screens.map((screen) => {
        const at = placed.get(screen.key);
        return (
          at && (
            <ScreenTile
              key={screen.key}
              screen={screen}
              rect={at.rect}
              role={at.role}
              pinned={pinned === screen.key}
              onPin={pinFor(screen.key)}
            />
          )
        );
      })}
      {[...view.others, view.self].map((person) => {
        const at = placed.get(person.key);
        return (
          at && (
            <PersonTile
              key={person.key}
              person={person}
              rect={at.rect}
              role={at.role}
              pinned={pinned === person.key}
              onPin={pinFor(person.key)}
            />
          )
        );
      })}
      {layout.pages > 1 && (
        <nav class="pager" aria-label="Pages of people">
          <button
            type="button"
            class="icon-button"
            aria-label="Previous page"
            disabled={layout.page === 0}
            onClick={() => setPage(layout.page - 1)}
          >
            <Icon name="chevronLeft" size={20} />
          </button>
          <span>
            {layout.page + 1} / {layout.pages}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label="Next page"
            disabled={layout.page === layout.pages - 1}
            onClick={() => setPage(layout.page + 1)}
          >
            <Icon name="chevronRight" size={20} />
          </button>
        </nav>
      )}
      {layout.pages === 1 && layout.hidden > 0 && (
        <span class="pager pager-note">+{layout.hidden} more</span>
      )}
    </div>
  );
}

function useSize(element: { current: HTMLElement | null }): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current!;
    const measure = (): void =>
      setSize((previous) =>
        previous.width === target.clientWidth && previous.height === target.clientHeight
          ? previous
          : { width: target.clientWidth, height: target.clientHeight },
      );
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
