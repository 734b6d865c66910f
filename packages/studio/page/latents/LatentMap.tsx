import type { Samples } from "@gantry/web";
import { useRef } from "preact/hooks";
import { Picture } from "./Picture.js";
import type { Place } from "./plane.js";

/** Samples along a side of the map. */
export const SIDE = 7;

interface Props {
  readonly samples: Samples | undefined;
  readonly centre: Place;
  /** Between two samples. */
  readonly step: number;
  readonly chosen: Place;
  readonly onMove: (centre: Place) => void;
  readonly onZoom: (factor: number) => void;
  readonly onChoose: (place: Place) => void;
}

/** The places of the map's samples, row by row from the top. */
export const placesOf = ([x, y]: Place, step: number): Place[] =>
  Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
    return [x + (column - (SIDE - 1) / 2) * step, y + ((SIDE - 1) / 2 - row) * step];
  });

/** Pixels that a hand may shake without dragging. */
const STILL = 4;

/** The map: dragged, zoomed by the wheel, and a sample chosen by a click. */
export function LatentMap({ samples, centre, step, chosen, onMove, onZoom, onChoose }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const held = useRef<{ x: number; y: number; centre: Place; moved: boolean }>(undefined);
  const share = (event: PointerEvent): Place => {
    const box = frame.current!.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const down = (event: PointerEvent) => {
    held.current = { x: event.clientX, y: event.clientY, centre, moved: false };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const from = held.current;
    if (from === undefined) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < STILL) return;
    from.moved = true;
    const unit = (SIDE * step) / frame.current!.getBoundingClientRect().width;
    onMove([from.centre[0] - dx * unit, from.centre[1] + dy * unit]);
  };
  const up = (event: PointerEvent) => {
    const from = held.current;
    held.current = undefined;
    if (from === undefined || from.moved) return;
    const [x, y] = share(event);
    const [column, row] = [Math.floor(x * SIDE), Math.floor(y * SIDE)];
    const place = placesOf(centre, step)[row * SIDE + column];
    if (place !== undefined) onChoose(place);
  };
  const [left, top] = [
    ((chosen[0] - centre[0]) / step + (SIDE - 1) / 2) / SIDE,
    ((centre[1] - chosen[1]) / step + (SIDE - 1) / 2) / SIDE,
  ];
  const isSeen = left > -0.5 / SIDE && left < 1 - 0.5 / SIDE && top > -0.5 / SIDE && top < 1 - 0.5 / SIDE;
  return (
    <div
      ref={frame}
      class="map-frame"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => {
        held.current = undefined;
      }}
      onWheel={(event) => {
        event.preventDefault();
        onZoom(event.deltaY > 0 ? 1.15 : 1 / 1.15);
      }}
    >
      <Picture
        samples={samples}
        columns={SIDE}
        rows={SIDE}
        class="map"
        label={`${SIDE} by ${SIDE} samples around ${centre.map((value) => value.toFixed(2)).join(", ")}`}
      />
      {isSeen ? (
        <span
          class="cursor"
          aria-hidden="true"
          style={{
            left: `${100 * left}%`,
            top: `${100 * top}%`,
            width: `${100 / SIDE}%`,
            height: `${100 / SIDE}%`,
          }}
        />
      ) : null}
    </div>
  );
}
