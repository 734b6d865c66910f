import { useEffect, useRef, useState } from "preact/hooks";
import { whole } from "../parts/words.js";
import { drawFrame, type Layer } from "./draw.js";
import type { Training } from "./useTraining.js";

/** Where a training stands, in words: what the picture shows, for those who do not see it. */
export function standing({ opened, frame }: Pick<Training, "opened" | "frame">): string {
  if (frame === undefined) return opened === undefined ? "Not begun" : "Before its first iteration";
  const { modes } = frame;
  const at = `iteration ${whole(frame.iteration)}`;
  if (modes === undefined) return at;
  const lit = modes.counts.filter((count) => count > 0).length;
  return `${at}: ${lit} of ${modes.counts.length} modes, ${(100 * modes.highQuality).toFixed(0)} % of the fakes on one`;
}

interface Props {
  readonly training: Training;
  readonly shown: ReadonlySet<Layer>;
}

/** The plane of a training, drawn anew with each frame, and when its size or the light changes. */
export function Plane({ training, shown }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, redraw] = useState(0);
  const { opened, frame } = training;
  useEffect(() => {
    const again = () => redraw((count) => count + 1);
    const watched = new ResizeObserver(again);
    if (canvas.current !== null) watched.observe(canvas.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", again);
    return () => {
      watched.disconnect();
      dark.removeEventListener("change", again);
    };
  }, []);
  useEffect(() => {
    if (canvas.current !== null && opened !== undefined) drawFrame(canvas.current, opened, frame, shown);
  });
  return <canvas ref={canvas} class="plane" role="img" aria-label={standing(training)} />;
}
