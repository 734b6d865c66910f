// `npm run test:browser -- --screenshots`: the pictures of docs/guide/studio.md, of trainings of a few minutes; $GANTRY_SHOWN_RUNS names
// a folder that has them already.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { root } from "../shared.mjs";
import { openPage, openStage, openStudio } from "./stage.mjs";

const stage = await openStage();
const folder = join(root, "docs/guide/studio");

/** Trains what is shown. */
async function trained() {
  const commands = [
    "train dcgan --preset small --data mnist --steps 600 --set intervals.sample=20 --set intervals.log=5",
    "sweep gan,reg-gan-points --preset small --seeds 3 --steps 1500 --set intervals.sample=100 --set intervals.log=20",
  ];
  for (const command of commands) await stage.begin(command.split(" ")).ended;
  return join(stage.folder, "runs");
}

/** Until something is to be seen. */
async function playLab(page) {
  await page.getByRole("button", { name: "Begin" }).click();
  await page
    .getByText(/iteration 0 of/)
    .nth(1)
    .waitFor({ timeout: 120_000 });
  await page.getByRole("button", { name: "Play" }).click();
  await page
    .getByText(/iteration \d,?[5-9]\d\d of/)
    .nth(1)
    .waitFor({ timeout: 300_000 });
  await page.getByRole("button", { name: "Pause" }).click();
}

test("screenshots", async () => {
  mkdirSync(folder, { recursive: true });
  const runs = process.env.GANTRY_SHOWN_RUNS ?? (await trained());
  const { address } = await openStudio(stage, runs);
  const shoot = async (name, path, { before, ...options } = {}) => {
    const { page, context, at } = await openPage(stage, address, options);
    await at(path);
    await page.waitForLoadState("networkidle", { timeout: 5000 }).catch(() => {});
    await before?.(page);
    // A folder of this machine is nobody else's.
    await page.evaluate((place) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(place, "runs");
    }, runs);
    await page.waitForTimeout(1000);
    await sharp(await page.screenshot())
      .webp({ quality: 90 })
      .toFile(join(folder, `${name}.webp`));
    await context.close();
  };
  const list = () =>
    fetch(new URL("/runs.json", address), {
      headers: { authorization: `Bearer ${new URL(address).searchParams.get("token")}` },
    }).then((response) => response.json());
  while ((await list()).unread > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  const { runs: listed } = await list();
  const image = listed.find(({ recipe }) => recipe === "dcgan").id;
  const points = listed.filter(({ data }) => data === "ring").map(({ id }) => id);
  await shoot("runs", "/?sort=name");
  await shoot("run", `/run/${image}?smooth=0.6&cell=3&reals=1`, { viewport: { width: 1400, height: 1000 } });
  await shoot("run-dark", `/run/${image}?smooth=0.6`, { colorScheme: "dark" });
  const query = points.map((id) => `run=${encodeURIComponent(id)}`).join("&");
  await shoot("compare", `/compare?${query}`, { viewport: { width: 1400, height: 1150 } });
  const chosen = "chosen=1,1&keep=1,1;2,0;-1,2&walk=12";
  await shoot("latents", `/latents/${image}?${chosen}`, {
    viewport: { width: 1400, height: 1080 },
    before: (page) => page.getByText(/D's raw score: -?\d/).waitFor({ timeout: 120_000 }),
  });
  await shoot("lab", "/lab", { viewport: { width: 1400, height: 1250 }, before: playLab });
  await shoot("narrow", "/?sort=name", { viewport: { width: 390, height: 844 } });
  await shoot("narrow-run", `/run/${image}`, { viewport: { width: 390, height: 844 } });
});
