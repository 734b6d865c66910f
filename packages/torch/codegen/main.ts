// `npm run codegen`: writes src/ops_gen.ts from the schemas of the LibTorch this addon was built against.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { native } from "../src/native.js";
import { generate } from "./generate.js";
import { operators } from "./operators.js";

const target = fileURLToPath(new URL("../src/ops_gen.js", import.meta.url));
writeFileSync(target, generate(operators, native.schemas, native.version()));
console.log(`wrote ${operators.trim().split("\n").length} operators from LibTorch ${native.version()}`);
