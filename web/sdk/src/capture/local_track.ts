import type { LocalTrack, TrackSource } from '../api/types.js';

const FILL = 'width:100%;height:100%;object-fit:inherit;display:block';

/** A camera, microphone or screen of ours, as the page sees it. */
export class OwnTrack implements LocalTrack {
  readonly kind: 'audio' | 'video';
  muted = false;
  published = false;
  width = 0;
  height = 0;
  #track: MediaStreamTrack | undefined;
  /** Where it is shown: the element the page gave, and the video in it. */
  readonly #views = new Map<HTMLElement, HTMLVideoElement>();

  constructor(readonly source: TrackSource) {
    this.kind = source === 'camera' || source === 'screen' ? 'video' : 'audio';
  }

  get mediaStreamTrack(): MediaStreamTrack | undefined {
    return this.#track;
  }

  get deviceId(): string | undefined {
    return this.source === 'screen' ? undefined : this.#track?.getSettings().deviceId;
  }

  /** Another device, or none: previews follow. */
  replace(track: MediaStreamTrack | undefined): void {
    this.#track = track;
    const { width = 0, height = 0 } = track?.getSettings() ?? {};
    if (width > 0) Object.assign(this, { width, height });
    for (const video of this.#views.values()) show(video, track);
  }

  attach(element: HTMLElement): void {
    if (this.#views.has(element) || this.kind === 'audio') return;
    const given = element instanceof HTMLVideoElement;
    const video = given ? element : document.createElement('video');
    if (!given) {
      video.style.cssText = FILL;
      element.append(video);
    }
    this.#views.set(element, video);
    show(video, this.#track);
  }

  detach(element?: HTMLElement): void {
    const elements = element ? [element] : [...this.#views.keys()];
    for (const shown of elements) {
      const video = this.#views.get(shown);
      if (!video) continue;
      video.srcObject = null;
      if (video !== shown) video.remove();
      this.#views.delete(shown);
    }
  }
}

function show(video: HTMLVideoElement, track: MediaStreamTrack | undefined): void {
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.srcObject = track ? new MediaStream([track]) : null;
  // Muted video may always play; a rejection only says that the element was taken away again.
  if (track) void video.play().catch(() => undefined);
}
