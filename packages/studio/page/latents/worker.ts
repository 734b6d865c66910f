// Runs generators and discriminators beside the page, so that this stays responsive.
import { type Generator, loadGenerator } from "@gantry/web";
import * as runtime from "onnxruntime-web/webgpu";
import type { Answer, Question } from "./messages.js";

const generators = new Map<number, Generator>();
const discriminators = new Map<number, runtime.InferenceSession>();

async function open({
  id,
  open,
  bytes,
  runtime: wasm,
}: Extract<Question, { open: unknown }>): Promise<Answer> {
  if (wasm !== undefined) {
    runtime.env.wasm.wasmBinary = wasm;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = "error";
  }
  const model = new Uint8Array(bytes);
  if (open.player === "discriminator") {
    discriminators.set(
      open.iteration,
      await runtime.InferenceSession.create(model, { executionProviders: ["wasm"] }),
    );
    return { id, about: null };
  }
  const generator = await loadGenerator(model, { runtime, provider: "wasm" });
  generators.set(open.iteration, generator);
  const { description, provider, hasPsi } = generator;
  return { id, about: { description, provider, hasPsi } };
}

async function score({
  id,
  iteration,
  score: { data, shape },
  classes,
}: Extract<Question, { score: unknown }>): Promise<Answer> {
  const session = discriminators.get(iteration);
  if (session === undefined) throw new Error("the discriminator is not loaded");
  const count = data.length / shape.reduce((product, size) => product * size, 1);
  const feeds: Record<string, runtime.Tensor> = {
    images: new runtime.Tensor("float32", data, [count, ...shape]),
  };
  if (session.inputNames.includes("class"))
    feeds.class = new runtime.Tensor("int64", BigInt64Array.from(classes ?? [], BigInt), [count]);
  const { scores } = await session.run(feeds);
  if (scores === undefined) throw new Error("the discriminator gives no scores");
  return { id, scores: [...((await scores.getData()) as Float32Array)] };
}

async function answer(question: Question): Promise<Answer> {
  if ("open" in question) return await open(question);
  if ("score" in question) return await score(question);
  const generator = generators.get(question.iteration);
  if (generator === undefined) throw new Error("the generator is not loaded");
  const { data, shape, classes } = await generator.sample(question.sample);
  return { id: question.id, made: { data, shape, classes } };
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
