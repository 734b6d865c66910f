import { compareRows, last } from "../engine/tableFindings.js";
import { samplePictures } from "../engine/tablePictures.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { fiveData, method, paper, printed, quick, SAME_FOR_ALL } from "./settings.js";

export default defineTableStudy({
  name: "infomax-table-2",
  summary: "FID of SSGAN without and with the InfoMax objective",
  paper: "infomax",
  shows: "table 2",
  claims: ["I10"],
  seeds: 3,
  paces: [quick, paper],
  data: fiveData,
  rows: (pace) => [
    {
      name: "ssgan",
      summary: "SNGAN with rotations",
      ...method(pace, "ssgan"),
      paper: printed({
        imagenet: ["62.48 ± 0.31"],
        celeba: ["16.39 ± 0.09"],
        stl10: ["38.97 ± 0.23"],
        cifar100: ["24.64 ± 0.16"],
        cifar10: ["16.59 ± 0.13"],
      }),
    },
    {
      name: "ssgan-infomax",
      summary: "the same with the contrastive task",
      ...method(pace, "ssgan-infomax"),
      paper: printed({
        imagenet: ["56.45 ± 0.29"],
        celeba: ["11.93 ± 0.14"],
        stl10: ["37.73 ± 0.06"],
        cifar100: ["21.40 ± 0.20"],
        cifar10: ["15.42 ± 0.08"],
      }),
    },
  ],
  columns: [{ metric: "fid", title: "FID", digits: 2 }],
  choices: [SAME_FOR_ALL],
  findings: (reading) => [
    {
      claim: "I10",
      paper: "lower FID on all five (CIFAR-10: 15.42 against 16.59)",
      ...compareRows(reading, {
        relation: "lower",
        pick: last("fid"),
        pairs: [["ssgan-infomax", "ssgan"]],
      }),
    },
  ],
  pictures: (reading) => samplePictures(reading),
});
