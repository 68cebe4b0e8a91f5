/**
 * The picture of the landing page: streams that arrive in disorder, pass the gate, and go on side
 * by side. Dashes travel along the lines (see landing.css), unless the person asked for less
 * motion.
 */
const kLines = 17;
const kWidth = 760;
const kHeight = 640;
const kGateX = 380;
const kOpening = 150;

interface Stream {
  readonly path: string;
  readonly tone: number;
}

/** How far a line strays before the gate, from its number alone: the same picture every time. */
function stray(line: number, knot: number): number {
  return Math.sin(line * 2.4 + knot * 1.7) * 34 + Math.sin(line * 5.3 + knot * 3.1) * 16;
}

function stream(line: number): Stream {
  const share = line / (kLines - 1);
  const wide = 40 + share * (kHeight - 80);
  const narrow = kHeight / 2 + (share - 0.5) * (kOpening - 34);
  const after = kHeight / 2 + (share - 0.5) * (kOpening + 190);
  const start = wide + stray(line, 0);
  const knots = [
    `M -20 ${start.toFixed(1)}`,
    `C 60 ${(start + stray(line, 1)).toFixed(1)}, 90 ${(wide + stray(line, 2) * 1.6).toFixed(1)}, 160 ${(wide * 0.75 + narrow * 0.25 + stray(line, 3)).toFixed(1)}`,
    `S 290 ${narrow.toFixed(1)}, ${kGateX} ${narrow.toFixed(1)}`,
    `C 500 ${narrow.toFixed(1)}, 560 ${after.toFixed(1)}, ${kWidth + 20} ${after.toFixed(1)}`,
  ];
  return { path: knots.join(' '), tone: line % 5 };
}

const kStreams: readonly Stream[] = Array.from({ length: kLines }, (_, line) => stream(line));

export function FlowArt() {
  const top = kHeight / 2 - kOpening / 2;
  const bottom = kHeight / 2 + kOpening / 2;
  return (
    <svg
      class="flow-art"
      viewBox={`0 0 ${kWidth} ${kHeight}`}
      aria-hidden="true"
      focusable="false"
      preserveAspectRatio="xMidYMid slice"
    >
      {kStreams.map(({ path, tone }) => (
        <path key={path} class={`flow-bed flow-tone-${tone}`} d={path} />
      ))}
      {kStreams.map(({ path, tone }, line) => (
        <path
          key={path}
          class={`flow-drops flow-tone-${tone} flow-pace-${line % 4}`}
          d={path}
          pathLength={100}
        />
      ))}
      <rect class="flow-post" x={kGateX - 9} y={-20} width={18} height={top + 20} rx={9} />
      <rect
        class="flow-post"
        x={kGateX - 9}
        y={bottom}
        width={18}
        height={kHeight - bottom + 20}
        rx={9}
      />
      <rect class="flow-gate" x={kGateX - 26} y={top - 118} width={52} height={96} rx={12} />
    </svg>
  );
}
