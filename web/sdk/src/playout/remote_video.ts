import type { ToWorker } from '../worker/messages.js';

/** Chromium's writable track; no other browser has it, so TypeScript's library does not. */
interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
declare const MediaStreamTrackGenerator:
  | (new (init: { kind: 'video' }) => TrackGenerator)
  | undefined;

const FILL = 'width:100%;height:100%;object-fit:inherit;display:block';
/** Layouts move in many small steps; the server hears of the last one. */
const SIZE_SETTLES_MS = 200;

/**
 * Shows one remote video track in an element, and tells the server how large it is seen.
 *
 * Where the browser has MediaStreamTrackGenerator the worker feeds a `<video>`, which costs least;
 * elsewhere, and when the page gives a `<canvas>`, pictures are drawn.
 */
export class RemoteVideoView {
  #element: HTMLElement | undefined;
  #made: HTMLElement | undefined;
  #canvas: HTMLCanvasElement | undefined;
  #generator: TrackGenerator | undefined;
  #resize: ResizeObserver | undefined;
  #sizeTimer: ReturnType<typeof setTimeout> | undefined;
  #size = '';
  #sized = false;

  constructor(
    private readonly track: string,
    private readonly toWorker: (message: ToWorker, transfer?: Transferable[]) => void,
  ) {}

  attach(element: HTMLElement): void {
    if (this.#element === element) return;
    this.#remove();
    this.#element = element;
    if (element instanceof HTMLCanvasElement) this.#showInCanvas(element);
    else if (typeof MediaStreamTrackGenerator === 'undefined') this.#showInCanvas(this.#make('canvas'));
    else if (element instanceof HTMLVideoElement) this.#showInVideo(element);
    else this.#showInVideo(this.#make('video'));
    this.#watchSize(element);
  }

  detach(): void {
    if (!this.#element) return;
    this.#remove();
    this.toWorker({ type: 'videoSink', track: this.track, sink: { kind: 'none' } });
    this.#sendSize(0, 0);
  }

  setVisibleSize(width: number, height: number): void {
    this.#sized = true;
    this.#resize?.disconnect();
    const wanted = [Math.max(0, Math.round(width)), Math.max(0, Math.round(height))] as const;
    clearTimeout(this.#sizeTimer);
    // What appears or disappears is told at once.
    const hidden = wanted.includes(0) || this.#size === '' || this.#size.split('x').includes('0');
    if (hidden) this.#sendSize(...wanted);
    else this.#sizeTimer = setTimeout(() => this.#sendSize(...wanted), SIZE_SETTLES_MS);
  }

  /** A picture for a canvas; closes it. */
  draw(frame: VideoFrame): void {
    const canvas = this.#canvas;
    if (canvas) {
      if (canvas.width !== frame.displayWidth) canvas.width = frame.displayWidth;
      if (canvas.height !== frame.displayHeight) canvas.height = frame.displayHeight;
      canvas.getContext('2d', { alpha: false })?.drawImage(frame, 0, 0);
    }
    frame.close();
  }

  /** The connection is new: the server forgot the size. */
  reconnected(): void {
    const [width, height] = this.#size.split('x').map(Number);
    this.#size = '';
    if (width !== undefined && height !== undefined) this.#sendSize(width, height);
  }

  close(): void {
    this.#remove();
    this.#generator?.stop();
  }

  #showInCanvas(canvas: HTMLCanvasElement): void {
    this.#canvas = canvas;
    this.toWorker({ type: 'videoSink', track: this.track, sink: { kind: 'page' } });
  }

  #showInVideo(video: HTMLVideoElement): void {
    // A stream can be handed to the worker only once, so the generator of an earlier element is
    // replaced rather than kept.
    this.#generator?.stop();
    const Generator = MediaStreamTrackGenerator as NonNullable<typeof MediaStreamTrackGenerator>;
    this.#generator = new Generator({ kind: 'video' });
    const { writable } = this.#generator;
    this.toWorker(
      { type: 'videoSink', track: this.track, sink: { kind: 'writable', writable } },
      [writable as unknown as Transferable],
    );
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([this.#generator]);
    // Muted video may always play; a rejection only says that the element was taken away again.
    void video.play().catch(() => undefined);
  }

  #make<Tag extends 'canvas' | 'video'>(tag: Tag): HTMLElementTagNameMap[Tag] {
    const made = document.createElement(tag);
    made.style.cssText = FILL;
    this.#element?.append(made);
    this.#made = made;
    return made;
  }

  #watchSize(element: HTMLElement): void {
    if (this.#sized) return;
    this.#resize = new ResizeObserver(() => {
      clearTimeout(this.#sizeTimer);
      this.#sizeTimer = setTimeout(() => {
        const { width, height } = element.getBoundingClientRect();
        const ratio = globalThis.devicePixelRatio || 1;
        this.#sendSize(Math.round(width * ratio), Math.round(height * ratio));
      }, SIZE_SETTLES_MS);
    });
    this.#resize.observe(element);
  }

  #sendSize(width: number, height: number): void {
    const size = `${width}x${height}`;
    if (size === this.#size) return;
    this.#size = size;
    this.toWorker({ type: 'visibleSize', track: this.track, width, height });
  }

  #remove(): void {
    clearTimeout(this.#sizeTimer);
    this.#resize?.disconnect();
    this.#resize = undefined;
    if (this.#element instanceof HTMLVideoElement) this.#element.srcObject = null;
    this.#made?.remove();
    this.#made = this.#canvas = this.#element = undefined;
  }
}
