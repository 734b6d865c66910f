// A generator of a page of one's own. See the README for how it is built.
import { loadGenerator } from "@gantry/web";

const canvas = document.querySelector("canvas") as HTMLCanvasElement;
const seed = document.querySelector("input") as HTMLInputElement;
const status = document.querySelector("p") as HTMLParagraphElement;

const generator = await loadGenerator("generator.onnx");

async function draw(): Promise<void> {
  const began = performance.now();
  const { width, height, data } = (await generator.sample({ seed: seed.valueAsNumber })).picture(0);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  status.textContent = `${Math.round(performance.now() - began)} ms by ${generator.provider}`;
}

seed.addEventListener("change", () => void draw());
await draw();
