/** The mark: a raised gate between two posts, and the water that goes through beneath. */
export function LogoMark({ size }: { size: number }) {
  return (
    <svg
      class="logo-mark"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
      focusable="false"
    >
      <path class="logo-frame" d="M6 21V8.5A4.5 4.5 0 0 1 10.5 4h11A4.5 4.5 0 0 1 26 8.5V21" />
      <rect class="logo-gate" x="10.6" y="8.4" width="10.8" height="8" rx="1.8" />
      <path
        class="logo-shade"
        d="M2 23.4c2.3-2.4 4.7-2.4 7 0s4.7 2.4 7 0 4.7-2.4 7 0 4.7 2.4 7 0"
      />
      <path
        class="logo-water"
        d="M2 23.4c2.3-2.4 4.7-2.4 7 0s4.7 2.4 7 0 4.7-2.4 7 0 4.7 2.4 7 0"
      />
    </svg>
  );
}

/** Mark and name; `compact` for small bars. */
export function Logo({ compact = false }: { compact?: boolean }) {
  return (
    <span class={compact ? 'logo logo-compact' : 'logo'}>
      <LogoMark size={compact ? 24 : 32} />
      <span class="logo-name">Sluice</span>
    </span>
  );
}
