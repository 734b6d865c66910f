import assert from "node:assert/strict";
import { test } from "node:test";
import { succeed, temporaryFolder } from "../testing/harness.js";

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
