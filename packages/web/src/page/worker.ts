// Runs the generator beside the page, so that this stays responsive.
import * as runtime from "onnxruntime-web/webgpu";
import { type Generator, openGenerator } from "../generator.js";
import { chooseProvider } from "../provider.js";
import type { Answer, Opened, Opening, Question } from "./messages.js";

let generator: Generator | undefined;

async function open({ wasm, model }: Opening): Promise<Opened> {
  runtime.env.wasm.wasmBinary = wasm;
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  const bytes = new Uint8Array(model);
  try {
    generator = await openGenerator(bytes, runtime, await chooseProvider());
  } catch {
    // A graphics card that cannot: the processor can.
    generator = await openGenerator(bytes, runtime, "wasm");
  }
  const { description, provider, hasPsi, hasNoise } = generator;
  return { description, provider, hasPsi, hasNoise };
}

async function answer(question: Question): Promise<Answer> {
  const { id } = question;
  if ("open" in question) return { id, opened: await open(question.open) };
  if (generator === undefined) throw new Error("the generator is not loaded");
  const { data, shape, latents, classes } = await generator.sample(question.sample);
  return { id, made: { data, shape, latents, classes } };
}

let last: Promise<unknown> = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  // One after the other: the runtime makes one batch at a time.
  last = last
    .then(() => answer(data))
    .catch(
      (error: unknown): Answer => ({
        id: data.id,
        error: error instanceof Error ? error.message : String(error),
      }),
    )
    .then((reply) => postMessage(reply));
});
