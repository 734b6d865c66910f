import { compareRows, last } from "../engine/tableFindings.js";
import { samplePictures } from "../engine/tablePictures.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { untestable } from "../engine/verdict.js";
import { CHOICES, columns, faces, paces, rowsOf } from "./missing.js";

const isOwn = ({ name }: { readonly name: string }) => !name.startsWith("dcgan");
const others = rowsOf("quick")
  .filter(isOwn)
  .map(({ name }) => name)
  .filter((name) => name !== "vaegan-100");

export default defineTableStudy({
  name: "mode-regularized-table-4",
  summary: "test images that a noisy third discriminator calls missing, of VAE-GAN against Reg-GAN and MDGAN",
  paper: "mode-regularized",
  shows: "table 4, with figure 10",
  claims: ["M18", "M19"],
  seeds: 3,
  paces,
  data: [faces],
  rows: (pace) => rowsOf(pace).filter(isOwn),
  columns,
  choices: [
    ...CHOICES,
    "The trainings of Reg-GAN and MDGAN are those of table 3. VAE-GAN has its own networks, narrowed as the others, and as many iterations; the paper gives it 30 epochs against 20.",
  ],
  findings: (reading) => [
    ...(["missing-3.5", "missing-4"] as const).map((metric) => ({
      claim: `M18, ${metric.replace("missing-", "sigma ")}`,
      paper: "a huge drop of missed images against VAE-GAN (9720 and 5862 to 754 and 42)",
      ...compareRows(reading, {
        relation: "lower",
        pick: last(metric),
        pairs: others.map((name) => [name, "vaegan-100"] as const),
        digits: 1,
      }),
    })),
    {
      claim: "M19",
      paper: "VAE-GAN's faces are distorted",
      here: "pictures",
      verdict: untestable("people have to look, and at the quick pace there are no faces"),
    },
  ],
  pictures: (reading) => samplePictures(reading, ["vaegan-100", "reg-gan-200", "mdgan-200"]),
});
