import { lines as drawLines } from "@gantry/gan/figures";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { colourOf } from "./Marks.js";
import { dataOf, optionsOf, type PlotLine, type PlotProps } from "./plotting.js";
import { shortNumber, whole } from "./words.js";

/** A plot of curves over iterations: without scripts as a picture, with them to look into. */
export function Plot(props: PlotProps) {
  const { title, lines, logarithmic = false, smoothing = 0 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const live = useRef(props);
  live.current = props;
  const [theme, setTheme] = useState(0);
  const [shown, setShown] = useState(false);
  const shape = `${lines.map(({ label, place, low }) => [label, place, low !== undefined].join()).join("|")} ${logarithmic} ${smoothing > 0} ${theme}`;
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const change = () => setTheme((count) => count + 1);
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  // Drawn once it comes into sight: a run may have a hundred curves.
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    // What is in sight at once does not wait for the observer.
    setShown(element.getBoundingClientRect().top < innerHeight);
    const sight = new IntersectionObserver(
      (seen) => setShown(seen.some(({ isIntersecting }) => isIntersecting)),
      {
        rootMargin: "200px",
      },
    );
    sight.observe(element);
    return () => sight.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null || !shown) return;
    element.replaceChildren();
    const made = new uPlot(optionsOf(live, element), dataOf(live.current), element);
    plot.current = made;
    const resize = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && Math.abs(width - made.width) > 1) made.setSize({ width, height: made.height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, shown]);
  useEffect(() => plot.current?.setData(dataOf(live.current)), [lines, smoothing]);
  useEffect(() => plot.current?.redraw(false), [props.marks]);
  const hidden = logarithmic
    ? lines.reduce((sum, { mean }) => sum + mean.filter((value) => value !== null && value <= 0).length, 0)
    : 0;
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="plot-cursor" />
        <span class="plot-note">
          {smoothing > 0 ? `smoothed ${smoothing}` : ""}
          {hidden > 0 ? ` ${hidden} not above 0` : ""}
        </span>
      </figcaption>
      <div
        ref={frame}
        class="plot-frame"
        role="img"
        aria-label={describe(title, lines)}
        style={{ minHeight: `${props.height ?? 190}px` }}
        dangerouslySetInnerHTML={{ __html: typeof window === "undefined" ? picture(props) : "" }}
      />
    </figure>
  );
}

/** In words, for who does not see it. */
function describe(title: string, lines: readonly PlotLine[]): string {
  const told = lines.slice(0, 12).map(({ label, at, mean }) => {
    const last = mean.findLastIndex((value) => value !== null);
    const name = lines.length > 1 ? `${label} ` : "";
    return last < 0
      ? `${name}no values`
      : `${name}${shortNumber(mean[last]!)} at iteration ${whole(at[last]!)}`;
  });
  return `${title}: ${told.join("; ")}`;
}

/** For pages without scripts. */
function picture({ title, lines }: PlotProps): string {
  const shown = lines.map(({ label, place, at, mean, high }) => ({
    label,
    x: at,
    y: mean.map((value) => value ?? Number.NaN),
    colour: colourOf(place),
    ...(high === undefined ? {} : { band: high.map((value, i) => (value ?? 0) - (mean[i] ?? 0)) }),
  }));
  return drawLines([{ title, lines: shown }], {
    width: 440,
    height: 250,
    xLabel: "iteration",
    legend: false,
  });
}
