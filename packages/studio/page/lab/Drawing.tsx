import { useRef } from "preact/hooks";

type Point = readonly [number, number];

/** Points of a text, `x,y` each, with anything between them. */
export function pointsIn(text: string): Point[] {
  const number = String.raw`-?\d*\.?\d+(?:e[-+]?\d+)?`;
  const pairs = text.matchAll(new RegExp(`(${number})\\s*[,\\t ]\\s*(${number})`, "gi"));
  return [...pairs].map(([, x, y]): Point => [Number(x), Number(y)]).slice(0, 500);
}

export const pointsText = (points: readonly Point[]): string =>
  points.map((point) => point.map((value) => Number(value.toFixed(2))).join()).join(";");

interface Props {
  readonly points: readonly Point[];
  readonly onChange: (points: readonly Point[]) => void;
}

const SIDE = 220;
/** Half the side of the square that is drawn in. */
const REACH = 1.5;
/** Between points of one stroke. */
const APART = 0.12;

/** Where a person draws the data: with the pointer, or as numbers. */
export function Drawing({ points, onChange }: Props) {
  const drawing = useRef(false);
  const reach = points.reduce((most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)), REACH);
  const add = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const x = reach * ((2 * (event.clientX - box.left)) / box.width - 1);
    const y = reach * (1 - (2 * (event.clientY - box.top)) / box.height);
    const last = points.at(-1);
    if (last !== undefined && Math.hypot(last[0] - x, last[1] - y) < APART) return;
    onChange([...points, [x, y]]);
  };
  return (
    <div class="drawing">
      <svg
        width={SIDE}
        height={SIDE}
        viewBox={`${-reach} ${-reach} ${2 * reach} ${2 * reach}`}
        role="img"
        aria-label={`${points.length} points`}
        onPointerDown={(event) => {
          drawing.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
          add(event);
        }}
        onPointerMove={(event) => drawing.current && add(event)}
        onPointerUp={() => {
          drawing.current = false;
        }}
      >
        {points.map(([x, y]) => (
          <circle key={`${x} ${y}`} cx={x} cy={-y} r={reach / 50} />
        ))}
      </svg>
      <label class="field grow">
        <span>Draw, or paste points as x,y</span>
        <textarea
          rows={6}
          value={pointsText(points).replaceAll(";", "\n")}
          onChange={(event) => onChange(pointsIn(event.currentTarget.value))}
        />
        <button type="button" class="button small" onClick={() => onChange([])}>
          Clear
        </button>
      </label>
    </div>
  );
}
