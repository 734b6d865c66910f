// `npm run installation [-- npm pnpm yarn --prebuilt]`: packs the packages, installs the tarballs in an empty folder, and uses
// them there as a user would. By default with npm, and compiling. With `--prebuilt` no compiler can be run: the addon comes out of
// the platform's package, which `npm run prebuilt` made.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { prebuiltPackage } from "../packages/torch/scripts/prebuilt.mjs";
import { TSCONFIG, USE_IMPORT, USE_REQUIRE, USE_TYPES } from "./installation/uses.mjs";
import { npmPackage } from "./matrix/npmPackage.mjs";
import { ask, root, run, Stop, script } from "./shared.mjs";

const NAMES = ["torch", "formats", "gan", "studies", "web", "studio", "cli"];

/** Nothing else may lie in a tarball. */
const FOREIGN = /(\.test\.|\/golden\/|\/testing\/|\/e2e\/|tsbuildinfo|\/build\/|\/node_modules\/)/;

/** But what users' own tests stand on, `@gantry/gan/testing`, and what `gantry new` writes. */
const SHIPPED =
  /(\/(dist|src)\/(testing\/(tinyGame|networks)|testing)\.(js|d\.ts|ts)(\.map)?|\/templates\/.*\.txt)$/;

/** Each package manager: how it installs what package.json names, and how it starts the command. */
const MANAGERS = {
  npm: {
    install: ["npm", "install", "--no-audit", "--no-fund", "--foreground-scripts"],
    gantry: ["npx", "--no-install", "gantry"],
  },
  pnpm: { install: ["pnpm", "install"], gantry: ["pnpm", "exec", "gantry"], setsUp: true },
  yarn: { install: ["yarn", "install"], gantry: ["yarn", "run", "gantry"] },
};

/** The package managers that are tried beside npm, which comes with Node. */
const VERSIONS = { pnpm: "10", yarn: "1.22" };

/** @returns the tarballs by the packages' names */
function pack(folder, prebuilt) {
  const places = NAMES.map((name) => [`@gantry/${name}`, join(root, "packages", name)]);
  if (prebuilt)
    places.push([prebuiltPackage, join(root, ".prebuilt", prebuiltPackage.replace("@gantry/", ""))]);
  return Object.fromEntries(
    places.map(([name, place]) => {
      if (!existsSync(place)) throw new Stop(`${place} is not there: npm run prebuilt`);
      const home = mkdtempSync(join(folder, "tarball-"));
      must("npm", ["pack", "--silent", "--pack-destination", home], { cwd: place });
      const file = join(home, readdirSync(home)[0]);
      const listed = ask("tar", ["-tzf", file]).split("\n");
      const foreign = listed.filter((path) => FOREIGN.test(path) && !SHIPPED.test(path));
      if (foreign.length > 0)
        throw new Stop(`${name} holds what no user needs: ${foreign.slice(0, 5).join(", ")}`);
      console.log(
        `${name}: ${listed.length} files, ${(readFileSync(file).length / 1e6).toFixed(2)} MB packed`,
      );
      return [name, `file:${file}`];
    }),
  );
}

function tryManager(name, folder, tarballs, prebuilt) {
  const { install, gantry, setsUp } = MANAGERS[name];
  const project = mkdtempSync(join(folder, `${name}-`));
  const typescript = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
  const manifest = {
    private: true,
    type: "module",
    dependencies: tarballs,
    devDependencies: { typescript: typescript.typescript, "@types/node": typescript["@types/node"] },
    // The packages name each other by version, and are not published yet.
    overrides: tarballs,
    resolutions: tarballs,
    pnpm: { overrides: tarballs },
  };
  write(project, "package.json", JSON.stringify(manifest, null, 2));
  write(
    project,
    "pnpm-workspace.yaml",
    `overrides:\n${Object.entries(tarballs)
      .map(([key, value]) => `  "${key}": "${value}"\n`)
      .join("")}`,
  );
  const programs = name === "npm" ? [] : [managerFolder(folder, name)];
  const env = {
    ...process.env,
    PATH: [...programs, process.env.PATH].join(delimiter),
    // What is not there cannot be run.
    ...(prebuilt ? { CXX: join(folder, "no-compiler") } : {}),
  };
  const options = { cwd: project, env };
  const [program, ...args] = install;
  must(program, args, options);
  const command = (...words) => must(gantry[0], [...gantry.slice(1), ...words], options);
  if (setsUp && !prebuilt) command("setup");
  write(project, "use.mjs", USE_IMPORT);
  write(project, "use.cjs", USE_REQUIRE);
  write(project, "use.ts", USE_TYPES);
  write(project, "tsconfig.json", TSCONFIG);
  must("node", ["use.mjs"], options);
  if (requiresModules()) must("node", ["use.cjs"], options);
  must("node", [join("node_modules", "typescript", "bin", "tsc"), "-p", "."], options);
  command("train", "gan", "--preset", "small", "--steps", "50");
  console.log(`${name}: installed, imported, type-checked, trained`);
}

/** The folder of its program, installed apart from the project. */
function managerFolder(folder, name) {
  const home = join(folder, `manager-${name}`);
  npmPackage(home, name, VERSIONS[name]);
  return join(home, "node_modules/.bin");
}

/** Whether this Node takes ECMAScript modules by `require`, without a word about it. */
function requiresModules() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
}

function write(folder, name, text) {
  writeFileSync(join(folder, name), text);
}

function must(program, args, options) {
  const status = run(program, args, options);
  if (status !== 0) throw new Stop(`${[program, ...args].join(" ")} failed (see above)`, status);
}

script(() => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { prebuilt: { type: "boolean" } },
  });
  const managers = positionals.length > 0 ? positionals : ["npm"];
  const unknown = managers.filter((name) => MANAGERS[name] === undefined);
  if (unknown.length > 0)
    throw new Stop(
      `no package manager ${unknown.join(", ")}; there are ${Object.keys(MANAGERS).join(", ")}`,
      2,
    );
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gantry-installation-")));
  try {
    const tarballs = pack(folder, values.prebuilt === true);
    for (const name of managers) tryManager(name, folder, tarballs, values.prebuilt === true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
