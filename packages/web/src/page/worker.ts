// Runs the generator beside the page, so that this stays responsive.
import * as runtime from "onnxruntime-web/webgpu";
import {
  type Generator,
  openGenerator,
  type Provider,
  type SampleRequest,
  type Samples,
} from "../generator.js";
import { chooseProvider } from "../provider.js";
import type { Answer, Made, Opened, Opening, Question } from "./messages.js";

let generator: Generator | undefined;
let bytes = new Uint8Array();

async function opened(provider: Provider): Promise<Generator> {
  return await openGenerator(bytes, runtime, provider);
}

async function open({ wasm, model }: Opening): Promise<Opened> {
  runtime.env.wasm.wasmBinary = wasm;
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  bytes = new Uint8Array(model);
  const provider = await chooseProvider();
  try {
    generator = await opened(provider);
  } catch (error) {
    if (provider === "wasm") throw error;
    console.warn(error);
    generator = await opened("wasm");
  }
  const { description, hasPsi, hasNoise } = generator;
  return { description, hasPsi, hasNoise };
}

/** What a graphics card cannot, the processor can. */
async function sample(request: SampleRequest): Promise<Made> {
  if (generator === undefined) throw new Error("the generator is not loaded");
  let samples: Samples;
  try {
    samples = await generator.sample(request);
  } catch (error) {
    if (generator.provider === "wasm") throw error;
    console.warn(error);
    generator = await opened("wasm");
    samples = await generator.sample(request);
  }
  const { data, shape, latents, classes } = samples;
  return { data, shape, latents, classes, provider: generator.provider };
}

async function answer(question: Question): Promise<Answer> {
  const { id } = question;
  return "open" in question
    ? { id, opened: await open(question.open) }
    : { id, made: await sample(question.sample) };
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
