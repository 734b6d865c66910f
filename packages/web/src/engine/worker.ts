// Runs networks beside a page, so that it stays responsive.
import * as runtime from "onnxruntime-web/webgpu";
import type { Answer, Opened, Opening, Question } from "./messages.js";
import { GeneratorPlayer } from "./player.js";

const generators = new Map<string, GeneratorPlayer>();
const discriminators = new Map<string, runtime.InferenceSession>();

async function open(name: string, { model, player, runtime: wasm }: Opening): Promise<Opened | null> {
  if (wasm !== undefined) {
    runtime.env.wasm.wasmBinary = wasm;
    runtime.env.wasm.numThreads = 1;
    runtime.env.logLevel = "error";
  }
  const bytes = new Uint8Array(model);
  if (player === "discriminator") {
    const options = { executionProviders: ["wasm"] };
    discriminators.set(name, await runtime.InferenceSession.create(bytes, options));
    return null;
  }
  const opened = await GeneratorPlayer.open(bytes, runtime);
  generators.set(name, opened);
  const { description, hasPsi, hasNoise } = opened.generator;
  return { description, hasPsi, hasNoise };
}

type Scored = Extract<Question, { readonly score: unknown }>["score"];

/** D's raw scores. */
async function score(name: string, { data, shape, classes }: Scored): Promise<readonly number[]> {
  const session = discriminators.get(name);
  if (session === undefined) throw new Error("the discriminator is not loaded");
  const count = data.length / shape.reduce((product, size) => product * size, 1);
  const feeds: Record<string, runtime.Tensor> = {
    images: new runtime.Tensor("float32", data, [count, ...shape]),
  };
  if (session.inputNames.includes("class"))
    feeds.class = new runtime.Tensor("int64", BigInt64Array.from(classes ?? [], BigInt), [count]);
  const { scores } = await session.run(feeds);
  if (scores === undefined) throw new Error("the discriminator gives no scores");
  return [...((await scores.getData()) as Float32Array)];
}

async function answer(question: Question): Promise<Answer> {
  const { id, name } = question;
  if ("open" in question) return { id, opened: await open(name, question.open) };
  if ("score" in question) return { id, scores: await score(name, question.score) };
  const player = generators.get(name);
  if (player === undefined) throw new Error("the generator is not loaded");
  const { data, shape, latents, classes } = await player.sample(question.sample);
  return { id, made: { data, shape, latents, classes }, where: player.where };
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
