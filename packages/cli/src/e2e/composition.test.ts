import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { refuse, succeed, temporaryFolder } from "../testing/harness.js";

test("a dry run states the encoder that a term added", async () => {
  const cwd = temporaryFolder();
  const dry = ["--preset", "small", "--out", "dry", "--dry-run"];
  const { stdout } = await succeed(["train", "gan", "--with", "reconstruction", ...dry], { cwd });
  assert.match(stdout, /^ {2}encoder +[\d,]+ parameters, the mlp family's, deterministic$/m);
  assert.match(stdout, /^ {2}iteration +discriminator, then generator and encoder$/m);
  assert.match(stdout, /"encoderHidden": \[128, 128\]/);
  const ali = await succeed(["train", "gan", "--with", "ali", ...dry], { cwd });
  assert.match(ali.stdout, /^ {2}encoder .*, stochastic$/m);
  const plain = await succeed(["train", "gan", ...dry], { cwd });
  assert.doesNotMatch(plain.stdout, /^ {2}encoder/m);
});

test("one term twice under two names: logged apart, set by its name, recorded, gone on with", async () => {
  const cwd = temporaryFolder();
  const r2 = ["--with", "r1", "--with", "r2=r1:stream=fake"];
  const train = ["train", "gan", "--preset", "small", "--steps", "2", ...r2];
  await succeed([...train, "--set", "terms.r2.gamma=3", "--out", "run", "--set", "batch=8"], { cwd });
  const run = join(cwd, "run");
  const { config } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  assert.deepEqual(config.terms.r2, { ...config.terms.r1, term: "r1", stream: "fake", gamma: 3 });
  const logged = () =>
    readFileSync(join(run, "events.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const losses = (event: Record<string, number>) => [event["discriminator/r1"], event["discriminator/r2"]];
  const [a, b] = losses(logged().find((event) => "discriminator/r2" in event));
  assert.ok(a! > 0 && b! > 0 && a !== b);
  await succeed(["fork", "run", "--set", "steps=4", "--out", "on", "--with", "r3=r1:stream=fake"], { cwd });
  await refuse([...train, "--with", "hinge=r1"], 2, /the name 'hinge' is taken/, { cwd });
  await refuse(
    ["train", "gan", "--with", "r2=r1:stream=fakes", "--dry-run"],
    2,
    /r2: there is no stream 'fakes'; known: real, fake/,
    { cwd },
  );
  const { stdout } = await succeed(["terms", "show", "r2"]);
  assert.match(
    stdout,
    /^r1: .*\n(.*\n)*again: --with NAME=r1:gamma=10\nin r3gan: r2=r1:stream="fake",gamma=/,
  );
});
