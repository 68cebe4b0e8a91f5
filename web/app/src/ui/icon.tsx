import type { ComponentChildren } from 'preact';

/** Line drawings on a grid of 24: drawn for this page, in the colour of the text around them. */
const kDrawings = {
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  microphoneOff: (
    <>
      <path d="M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.2 5.3M18.5 11.5c0 .9-.2 1.8-.5 2.6M12 18v3" />
      <path d="m4 3 16 18" />
    </>
  ),
  camera: (
    <>
      <rect x="2.5" y="6" width="12.5" height="12" rx="3" />
      <path d="m15 11 5.3-3.2a.8.8 0 0 1 1.2.7v7a.8.8 0 0 1-1.2.7L15 13" />
    </>
  ),
  cameraOff: (
    <>
      <path d="M10 6h2a3 3 0 0 1 3 3v2l5.3-3.2a.8.8 0 0 1 1.2.7v7a.8.8 0 0 1-1.2.7L17 14.2M15 15.5a3 3 0 0 1-3 2.5H5.5a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3" />
      <path d="m4 3 16 18" />
    </>
  ),
  screen: (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="M12 13.5v-6m-2.7 2.6L12 7.4l2.7 2.7M8.5 20.5h7" />
    </>
  ),
  screenStop: (
    <>
      <rect x="2.5" y="4" width="19" height="13" rx="2.5" />
      <path d="m9.7 8.2 4.6 4.6m0-4.6-4.6 4.6M8.5 20.5h7" />
    </>
  ),
  leave: (
    <>
      <path d="M13.5 4H7a2.5 2.5 0 0 0-2.5 2.5v11A2.5 2.5 0 0 0 7 20h6.5" />
      <path d="M10.5 12h10m-3.7-3.8 3.7 3.8-3.7 3.8" />
    </>
  ),
  layoutAuto: (
    <>
      <rect x="3" y="4.5" width="18" height="15" rx="2.5" />
      <path d="M14.5 4.5v15M14.5 9.5H21M14.5 14.5H21" />
    </>
  ),
  layoutGrid: (
    <>
      <rect x="3" y="4" width="7.6" height="7" rx="1.8" />
      <rect x="13.4" y="4" width="7.6" height="7" rx="1.8" />
      <rect x="3" y="13.5" width="7.6" height="7" rx="1.8" />
      <rect x="13.4" y="13.5" width="7.6" height="7" rx="1.8" />
    </>
  ),
  layoutSpeaker: (
    <>
      <rect x="3" y="3.5" width="18" height="10.5" rx="2.2" />
      <rect x="3" y="17" width="4.6" height="3.5" rx="1" />
      <rect x="9.7" y="17" width="4.6" height="3.5" rx="1" />
      <rect x="16.4" y="17" width="4.6" height="3.5" rx="1" />
    </>
  ),
  link: (
    <>
      <path d="M10 14a4.2 4.2 0 0 0 6 0l3.3-3.3a4.2 4.2 0 0 0-6-6L11.8 6.2" />
      <path d="M14 10a4.2 4.2 0 0 0-6 0l-3.3 3.3a4.2 4.2 0 0 0 6 6l1.5-1.5" />
    </>
  ),
  sliders: (
    <>
      <path d="M4 7h8m5 0h3M4 17h3m5 0h8" />
      <circle cx="14.5" cy="7" r="2.5" />
      <circle cx="9.5" cy="17" r="2.5" />
    </>
  ),
  pulse: <path d="M2.5 12.5h4l2.6-7 4.6 13 2.9-8 1.2 2h3.7" />,
  people: (
    <>
      <circle cx="9" cy="8.2" r="3.7" />
      <path d="M2.5 19.5c.6-3.3 3.2-5.2 6.5-5.2s5.9 1.9 6.5 5.2M15.8 4.9a3.7 3.7 0 0 1 0 6.6M18 14.9c1.9.8 3.1 2.4 3.5 4.6" />
    </>
  ),
  more: (
    <>
      <circle class="icon-dot" cx="5" cy="12" r="1.7" />
      <circle class="icon-dot" cx="12" cy="12" r="1.7" />
      <circle class="icon-dot" cx="19" cy="12" r="1.7" />
    </>
  ),
  close: <path d="m6 6 12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  shuffle: (
    <>
      <path d="M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5" />
      <path d="M20 4.5v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5" />
      <path d="M4 19.5v-5h5" />
    </>
  ),
  pin: (
    <>
      <path d="M9 3.5h6M10 3.5v6l-3 4h10l-3-4v-6M12 13.5v7" />
    </>
  ),
  unpin: (
    <>
      <path d="M9 3.5h6M14 3.5v6l3 4h-6.5M10 7.5v2l-3 4h2M12 14v6.5" />
      <path d="m4 3 16 18" />
    </>
  ),
  warning: (
    <>
      <path d="M10.4 4.3 2.9 17.5A1.9 1.9 0 0 0 4.5 20.3h15a1.9 1.9 0 0 0 1.6-2.8L13.6 4.3a1.9 1.9 0 0 0-3.2 0Z" />
      <path d="M12 9.5v4M12 16.9v.1" />
    </>
  ),
  speaker: (
    <>
      <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z" />
      <path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />
    </>
  ),
  keyboard: (
    <>
      <rect x="2.5" y="6" width="19" height="12" rx="2.5" />
      <path d="M6.5 10h.1M10.2 10h.1M13.8 10h.1M17.4 10h.1M8 14h8" />
    </>
  ),
  pause: <path d="M9 6v12M15 6v12" />,
  arrowRight: <path d="M4.5 12h15m-5.5-5.5 5.5 5.5-5.5 5.5" />,
  chevronLeft: <path d="m14.5 6-6 6 6 6" />,
  chevronRight: <path d="m9.5 6 6 6-6 6" />,
  lock: (
    <>
      <rect x="5" y="10.5" width="14" height="10" rx="2.5" />
      <path d="M8 10.5v-3a4 4 0 0 1 8 0v3" />
    </>
  ),
  signalOff: (
    <>
      <path d="M5 18v-2M10 18v-5M15 18v-3.5M15 10V9M20 18V5" />
      <path d="m4 3 16 18" />
    </>
  ),
} satisfies Record<string, ComponentChildren>;

export type IconName = keyof typeof kDrawings;

/**
 * An icon; always beside a text or inside something with a label, so hidden from screen readers.
 */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      {kDrawings[name]}
    </svg>
  );
}
