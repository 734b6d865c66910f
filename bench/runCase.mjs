// What main.mjs runs a case in, a process of its own: memory, threads and caches are that case's alone.
// node runCase.mjs NAME; sends { environment, results } to its parent, or { error }.
import { version } from "@gantry/torch";
import { context } from "./context.mjs";
import { processor } from "./processor.mjs";

const environment = [`LibTorch ${version()}`, `Node ${process.versions.node}`, processor].join(", ");
// Whatever a case left open ends here.
const end = (message) => process.send(message, () => process.exit());
try {
  const { default: benchmark } = await import(`./cases/${process.argv[2]}.mjs`);
  process.send({ what: benchmark.what });
  end({ environment, results: [await benchmark.run(context)].flat() });
} catch (error) {
  end({ error: error.message });
}
