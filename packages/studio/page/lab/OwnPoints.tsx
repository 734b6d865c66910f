import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/Dialog.js";
import { send } from "./useTraining.js";

interface Props {
  /** Told what the server calls them. */
  readonly onKept: (name: string) => void;
  readonly onClose: () => void;
}

/** Half a side of the square that is drawn in: the data's units. */
const HALF = 2.5;
/** Points that a stroke leaves around where it goes, and how far from it. */
const [SPRAY, SPREAD] = [6, 0.06];

/** Numbers in a text, two a line or however they stand: x, y, x, y, ... */
const numbersIn = (text: string): number[] =>
  (text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi) ?? []).map(Number);

/** Points drawn by hand, or pasted. */
export function OwnPoints({ onKept, onClose }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [points, setPoints] = useState<readonly number[]>([]);
  const [text, setText] = useState("");
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (canvas.current === null || context === null || context === undefined) return;
    const { width } = canvas.current;
    context.clearRect(0, 0, width, width);
    context.fillStyle = getComputedStyle(canvas.current).getPropertyValue("--line-1");
    for (let i = 0; i + 1 < points.length; i += 2)
      context.fillRect(
        ((points[i]! + HALF) / (2 * HALF)) * width - 1.5,
        width - ((points[i + 1]! + HALF) / (2 * HALF)) * width - 1.5,
        3,
        3,
      );
  }, [points]);
  const spray = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const box = canvas.current!.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 * HALF - HALF;
    const y = HALF - ((event.clientY - box.top) / box.height) * 2 * HALF;
    const more = Array.from({ length: SPRAY }, () => [x + SPREAD * normal(), y + SPREAD * normal()]).flat();
    setPoints((before) => [...before, ...more.map((value) => Number(value.toFixed(4)))]);
  };
  const pasted = numbersIn(text);
  const all = [...points, ...(pasted.length % 2 === 0 ? pasted : [])];
  return (
    <Dialog
      title="Points of your own"
      action="Take them"
      onClose={onClose}
      onConfirm={async () => {
        const { name } = await send<{ name: string }>("/lab/points", { points: all });
        onKept(`points:${name}`);
        return `${all.length / 2} points: begin with them.`;
      }}
    >
      <p>Draw with the mouse, or paste numbers: x,y a line.</p>
      <canvas
        ref={canvas}
        class="drawing"
        width={360}
        height={360}
        aria-label="Draw points here"
        onPointerDown={spray}
        onPointerMove={spray}
      />
      <label class="field">
        <span>Paste</span>
        <textarea
          class="mono"
          rows={4}
          value={text}
          placeholder={"0.5,-1.25\n0.7,-1.1"}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="quiet">
        {pasted.length % 2 === 0 ? `${all.length / 2} points.` : "An odd count of numbers: one is missing."}{" "}
        <button type="button" class="link" onClick={() => setPoints([])}>
          Wipe
        </button>
      </p>
    </Dialog>
  );
}

/** N(0, 1), by Box and Muller. */
const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
