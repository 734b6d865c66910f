// A session is how commands are run in an environment:
//   checkout   where this machine finds the copy of Gantry
//   command    what stands before Gantry's script: a node, or whatever leads to one
//   cwd, env   of that command; without cwd, the checkout
//   copied     called when the copy is up to date, before anything is run in it
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";

/** Runs a script of Gantry's in an environment, shows what it prints and adds it to a log. The first call begins the log. */
export function logged(session, args, log) {
  const [program, ...before] = session.command;
  if (args[0] === "scripts/setup.mjs") writeFileSync(log, "");
  appendFileSync(log, `$ ${args.join(" ")}\n`);
  const child = spawn(program, [...before, ...args], {
    cwd: session.cwd ?? session.checkout,
    env: session.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const take = (stream) => (chunk) => {
    text += chunk;
    appendFileSync(log, chunk);
    stream.write(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", take(process.stdout));
  child.stderr.setEncoding("utf8").on("data", take(process.stderr));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, text }));
  });
}

/** The environment of a command, without what would lead it to another LibTorch or Node than the one to be tried. */
export function cleanEnvironment(additions) {
  const {
    LIBTORCH: _1,
    VIRTUAL_ENV: _2,
    CONDA_PREFIX: _3,
    LD_LIBRARY_PATH: _4,
    NODE_OPTIONS: _5,
    ...rest
  } = process.env;
  return { ...rest, ...additions };
}
