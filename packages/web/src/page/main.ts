import { Engine, loadScript, type Opened, unzipped } from "../engine/index.js";
import type { SampleRequest, Samples } from "../generator.js";
import { between, drawLatents } from "../latents.js";
import { makeControls, seedField } from "./controls.js";
import { drawPicture, latest, PointPlot } from "./drawing.js";
import { byId, element } from "./elements.js";
import { withCodes } from "./latents.js";
import { readSettings, type Settings, writeSettings } from "./settings.js";

const IMAGES = 24;
const POINTS = 1500;
/** Seeds that the button draws from: few enough digits to tell somebody. */
const SEEDS = 100_000;

declare global {
  /** Put there by generator.js: gzipped bytes in base64. */
  var gantryGenerator: string | undefined;
}
/** The worker's program, put here by the build. */
declare const WORKER_SOURCE: string;

const status = byId("status");
const program = new Blob([WORKER_SOURCE], { type: "text/javascript" });
const engine = new Engine(new Worker(URL.createObjectURL(program)), "runtime.js");
const NAME = "generator";
const make = (request: SampleRequest): Promise<Samples> => engine.sample(NAME, request);

async function open(): Promise<Opened> {
  status.textContent = "Loading the runtime …";
  await engine.prepare();
  status.textContent = "Loading the generator …";
  await loadScript("generator.js");
  const model = await unzipped(globalThis.gantryGenerator);
  globalThis.gantryGenerator = undefined;
  status.textContent = "Preparing the generator …";
  return await engine.openGenerator(NAME, model);
}

/** Where samples were made, in words. */
function place(): string {
  const { provider, trouble } = engine.where;
  if (provider === "webgpu") return "this device's graphics card";
  const here = "this device's processor";
  return trouble === undefined ? here : `${here}: its graphics card failed (${trouble.split("\n")[0]})`;
}

function fail(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : String(error);
  status.className = "failed";
}

class Page {
  readonly #opened: Opened;
  readonly #settings: Settings;
  readonly #grid = byId("grid");
  readonly #way = byId<HTMLInputElement>("share");
  readonly #canvases: HTMLCanvasElement[] = [];
  readonly #seed: HTMLInputElement;
  readonly #ends: Record<"from" | "to", HTMLInputElement>;
  #plot: PointPlot | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#settings = readSettings(location.hash, opened.description);
    const drawGrid = latest(() => this.#drawGrid().catch(fail));
    const drawWay = latest(() => this.#drawWay().catch(fail));
    const both = () => {
      history.replaceState(null, "", writeSettings(this.#settings));
      drawGrid();
      drawWay();
    };
    this.#seed = seedField("Seed", this.#settings.seed, (seed) => {
      this.#settings.seed = seed;
      both();
    });
    byId("seed").append(this.#seed);
    const end = (which: "from" | "to", label: string) => {
      const input = seedField(label, this.#settings[which], (seed) => {
        this.#settings[which] = seed;
        both();
      });
      byId(which).append(input);
      return input;
    };
    this.#ends = { from: end("from", "First seed"), to: end("to", "Second seed") };
    byId("controls").append(...makeControls(opened.description, opened.hasPsi, this.#settings, both));
    byId("random").addEventListener("click", () => this.#jump(both));
    addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key === "r" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) this.#jump(both);
    });
    this.#way.addEventListener("input", drawWay);
    this.#prepare(both);
    both();
  }

  #jump(draw: () => void): void {
    this.#settings.seed = Math.floor(Math.random() * SEEDS);
    this.#seed.value = String(this.#settings.seed);
    draw();
  }

  /** Places for what will be drawn. */
  #prepare(draw: () => void): void {
    const { description } = this.#opened;
    if (description.range === undefined) {
      const canvas = element("canvas", { className: "points" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "points that the generator makes");
      this.#grid.append(canvas);
      this.#grid.classList.add("plot");
      this.#plot = new PointPlot(canvas);
      byId("walk").hidden = true;
      return;
    }
    for (let i = 0; i < IMAGES; i++) {
      const canvas = element("canvas");
      const button = element("button", { type: "button", className: "image" }, canvas);
      button.addEventListener("click", () => {
        // The way goes from the image that was chosen before to this one.
        this.#settings.from = this.#settings.to;
        this.#settings.to = this.#settings.seed + i;
        this.#ends.from.value = String(this.#settings.from);
        this.#ends.to.value = String(this.#settings.to);
        draw();
      });
      this.#canvases.push(canvas);
      this.#grid.append(button);
    }
  }

  /** Each image has a seed of its own, so that it can be had again alone. */
  #latentsOf(seeds: readonly number[]): Float32Array {
    const { prior } = this.#opened.description;
    const latents = new Float32Array(seeds.length * prior.size);
    for (const [i, seed] of seeds.entries()) latents.set(drawLatents(prior, 1, seed), i * prior.size);
    return withCodes(latents, prior, this.#settings.codes);
  }

  #request(latents: Float32Array, classOf: (i: number) => number) {
    const { description, hasPsi } = this.#opened;
    const { psi } = this.#settings;
    const count = latents.length / description.prior.size;
    return {
      latents,
      ...(description.classes === undefined
        ? {}
        : { class: Array.from({ length: count }, (_, i) => this.#settings.class ?? classOf(i)) }),
      ...(hasPsi ? { psi } : {}),
    };
  }

  async #drawGrid(): Promise<void> {
    const { description } = this.#opened;
    const { seed } = this.#settings;
    const began = performance.now();
    const classes = description.classes?.count ?? 1;
    if (this.#plot !== undefined) {
      const latents = withCodes(
        drawLatents(description.prior, POINTS, seed),
        description.prior,
        this.#settings.codes,
      );
      this.#plot.draw(await make(this.#request(latents, (i) => i % classes)));
    } else {
      const seeds = Array.from({ length: IMAGES }, (_, i) => seed + i);
      const samples = await make(this.#request(this.#latentsOf(seeds), (i) => i % classes));
      for (const [i, canvas] of this.#canvases.entries()) {
        drawPicture(canvas, samples, i);
        const chosen = samples.classes?.[i];
        const name =
          chosen === undefined ? "" : `, ${description.classes?.names?.[chosen] ?? `class ${chosen}`}`;
        canvas.parentElement?.setAttribute("aria-label", `Seed ${seed + i}${name}`);
        canvas.parentElement?.setAttribute("title", `seed ${seed + i}${name}`);
      }
    }
    const count = this.#plot === undefined ? IMAGES : POINTS;
    const time = Math.round(performance.now() - began);
    status.textContent = `${count} ${this.#plot === undefined ? "images" : "points"} in ${time} ms, on ${place()}`;
  }

  async #drawWay(): Promise<void> {
    if (this.#plot !== undefined) return;
    const { prior } = this.#opened.description;
    const { seed, from, to } = this.#settings;
    for (const [i, canvas] of this.#canvases.entries()) {
      const isEnd = seed + i === from || seed + i === to;
      canvas.parentElement?.setAttribute("aria-pressed", String(isEnd));
    }
    const ends = [from, to].map((seed) => this.#latentsOf([seed])) as [Float32Array, Float32Array];
    const share = this.#way.valueAsNumber;
    const classOf = () => this.#settings.class ?? 0;
    const all = new Float32Array(3 * prior.size);
    for (const [i, latent] of [ends[0], between(prior, ...ends, share), ends[1]].entries())
      all.set(latent, i * prior.size);
    const samples = await make(this.#request(all, classOf));
    for (const [i, id] of ["first", "middle", "second"].entries())
      drawPicture(byId<HTMLCanvasElement>(id), samples, i);
  }
}

open()
  .then((opened) => {
    const { recipe, iteration, checkpoint, prior } = opened.description;
    document.title = `${recipe}, a generator`;
    byId("title").textContent = recipe;
    byId("about").textContent =
      `Iteration ${iteration.toLocaleString("en")}; latents of ${prior.size} numbers; checkpoint ${checkpoint.slice(0, 12)}.`;
    byId("page").hidden = false;
    new Page(opened);
  })
  .catch(fail);
