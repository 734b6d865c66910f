import { showSpread, spread } from "@gantry/gan/sweep";
import { compareRows, last } from "../engine/tableFindings.js";
import { samplePictures } from "../engine/tablePictures.js";
import type { TableReading } from "../engine/tableReading.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { all, judge, lower, untestable } from "../engine/verdict.js";
import { CHOICES, columns, faces, paces, rowsOf } from "./missing.js";

const SIGMAS = [3.5, 4];
const isOwn = ({ name }: { readonly name: string }) => name !== "vaegan-100";
const names = rowsOf("quick")
  .filter(isOwn)
  .map(({ name }) => name);

/** A claim that is said of both noises. */
const atBoth = (reading: TableReading, pairs: readonly (readonly [string, string])[]) => {
  const of = (name: string, sigma: number) => reading.last(faces.name, name, `missing-${sigma}`);
  const named = [...new Set(pairs.flat())];
  const words = (sigma: number) =>
    named.map((name) => `${name} ${showSpread(spread(of(name, sigma)), 1)}`).join(", ");
  return {
    here: SIGMAS.map((sigma) => `sigma ${sigma}: ${words(sigma)}`).join("; "),
    verdict: judge(
      all(
        SIGMAS.flatMap((sigma) =>
          pairs.map(
            ([a, b]) => [`sigma ${sigma}, ${a} and ${b}`, lower(of(a, sigma), of(b, sigma))] as const,
          ),
        ),
      ),
    ),
  };
};

export default defineTableStudy({
  name: "mode-regularized-table-3",
  summary: "test images that a noisy third discriminator calls missing, of DCGAN, Reg-GAN and MDGAN",
  paper: "mode-regularized",
  shows: "table 3, with figure 6",
  claims: ["M10", "M11", "M12", "M4", "M14"],
  seeds: 3,
  paces,
  data: [faces],
  rows: (pace) => rowsOf(pace).filter(isOwn),
  columns,
  choices: CHOICES,
  findings: (reading) => [
    {
      claim: "M10",
      paper: "fewer with Reg-GAN and MDGAN than with DCGAN in all settings",
      ...atBoth(reading, [
        ["reg-gan-100", "dcgan-100"],
        ["reg-gan-200", "dcgan-200"],
        ["mdgan-200", "dcgan-200"],
      ]),
    },
    {
      claim: "M11",
      paper: "MDGAN misses fewest",
      ...atBoth(
        reading,
        names.flatMap((name) => (name === "mdgan-200" ? [] : [["mdgan-200", name] as const])),
      ),
    },
    {
      claim: "M12, DCGAN",
      paper: "quite worse with a latent of 200 than of 100 (17089 against 5463)",
      ...atBoth(reading, [["dcgan-100", "dcgan-200"]]),
    },
    {
      claim: "M4",
      paper: "no or positive effects on quality; here: a lower FID than DCGAN",
      ...compareRows(reading, {
        relation: "lower",
        pick: last("fid"),
        pairs: [
          ["reg-gan-100", "dcgan-100"],
          ["reg-gan-200", "dcgan-200"],
        ],
        digits: 1,
      }),
    },
    {
      claim: "M14",
      paper: "MDGAN's faces are coherent as a whole and sharp in detail",
      here: "pictures",
      verdict: untestable("people have to look, and at the quick pace there are no faces"),
    },
  ],
  pictures: (reading) => samplePictures(reading, ["dcgan-200", "reg-gan-200", "mdgan-200"]),
});
