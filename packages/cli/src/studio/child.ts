// A process of its own beside a training: a studio for as long as that lives.
import { startStudio } from "@gantry/studio";
import { program } from "./program.js";

const [folder = "", run = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit(0));
try {
  const studio = await startStudio({ folder, gantry: program });
  process.send?.({ address: studio.addressOf(run) });
} catch (error) {
  process.send?.({ trouble: (error as Error).message });
  process.exitCode = 1;
  process.disconnect();
}
