import { samplePictures } from "../engine/tablePictures.js";
import { defineTableStudy } from "../engine/tableStudy.js";
import { untestable } from "../engine/verdict.js";
import { faces, paces, rowsOf } from "./missing.js";

const names = ["dcgan-200", "mdgan-200"];

export default defineTableStudy({
  name: "mode-regularized-figure-7",
  summary: "samples of DCGAN and MDGAN, for people to say which are more diverse",
  paper: "mode-regularized",
  shows: "figure 7",
  claims: ["M15"],
  seeds: 1,
  paces,
  data: [faces],
  rows: (pace) => rowsOf(pace).flatMap(({ paper: _, ...row }) => (names.includes(row.name) ? [row] : [])),
  columns: [{ metric: "fid", title: "FID", digits: 1 }],
  choices: [
    "The trainings are those of table 3. In the paper five people compared them, and two counted faces from the side.",
  ],
  findings: () => [
    {
      claim: "M15",
      paper: "five people found MDGAN's faces more diverse; two counted more faces from the side",
      here: "pictures",
      verdict: untestable("people have to look, and faces from the side are of CelebA"),
    },
  ],
  pictures: (reading) => samplePictures(reading),
});
