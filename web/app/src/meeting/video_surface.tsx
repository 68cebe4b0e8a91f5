import type { LocalTrack, RemoteVideoTrack } from '@sluice/sdk';
import { useEffect, useRef } from 'preact/hooks';
import type { Rect } from '../layout/rect';
import { useDeviceView } from './device_view';
import { visibleSize } from './visible_size';

interface Properties {
  readonly track: RemoteVideoTrack | LocalTrack;
  /** Where the tile is; undefined for previews outside the stage. */
  readonly rect: Rect | undefined;
  readonly fit: 'cover' | 'contain';
  readonly mirrored: boolean;
}

/** The picture of one track. Tells the SDK how many pixels of it are seen. */
export function VideoSurface({ track, rect, fit, mirrored }: Properties) {
  const surface = useRef<HTMLDivElement>(null);
  const { devicePixelRatio, hidden } = useDeviceView();

  useEffect(() => {
    const element = surface.current!;
    // The SDK decides between canvas and video, and may change its mind; tests find either.
    const observer = new MutationObserver(() => mark(element));
    observer.observe(element, { childList: true });
    track.attach(element);
    mark(element);
    return () => {
      observer.disconnect();
      if (isRemote(track)) {
        track.setVisibleSize(0, 0);
        track.detach();
      } else {
        track.detach(element);
      }
    };
  }, [track]);

  useEffect(() => {
    if (!isRemote(track) || !rect) return;
    const size = visibleSize(rect, track, fit, devicePixelRatio, hidden);
    track.setVisibleSize(size.width, size.height);
  }, [track, track.width, track.height, rect?.width, rect?.height, fit, devicePixelRatio, hidden]);

  return (
    <div ref={surface} class={`surface surface-${fit}${mirrored ? ' surface-mirrored' : ''}`} />
  );
}

function isRemote(track: RemoteVideoTrack | LocalTrack): track is RemoteVideoTrack {
  return 'setVisibleSize' in track;
}

function mark(element: HTMLElement): void {
  for (const picture of element.querySelectorAll('canvas, video'))
    picture.setAttribute('data-testid', 'tile-video');
}
