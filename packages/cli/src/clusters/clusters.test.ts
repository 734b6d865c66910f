import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterJob } from "./job.js";
import { kubernetesJob } from "./kubernetes.js";
import { slurmScript } from "./slurm.js";

const job: ClusterJob = {
  name: "Alpha_2.x",
  folder: "/shared/my sweep",
  count: 6,
  jobs: 2,
  threads: 4,
  usesDevice: true,
  cwd: "/home/me",
  command: ["/usr/bin/node", "/home/me/gantry.mjs"],
};

test("SLURM's array has an index a cell, so many at a time, and paths survive the shell", () => {
  const script = slurmScript(job);
  assert.match(script, /^#SBATCH --array=0-5%2$/m);
  assert.match(script, /^#SBATCH --cpus-per-task=4$/m);
  assert.match(script, /^#SBATCH --gres=gpu:1$/m);
  assert.match(
    script,
    /^srun \/usr\/bin\/node \/home\/me\/gantry\.mjs sweep cell '\/shared\/my sweep' "\$SLURM_ARRAY_TASK_ID"$/m,
  );
  const plain = slurmScript({ ...job, jobs: undefined, usesDevice: false });
  assert.match(plain, /^#SBATCH --array=0-5$/m);
  assert.doesNotMatch(plain, /gres/);
});

test("Kubernetes' Job is indexed, under a name that it takes", () => {
  const yaml = kubernetesJob(job);
  assert.match(yaml, /^ {2}name: sweep-alpha-2-x$/m);
  assert.match(yaml, /^ {2}completionMode: Indexed\n {2}completions: 6\n {2}parallelism: 2$/m);
  assert.match(yaml, /^ {10}args: \["sweep", "cell", "\/sweep", "\$\(JOB_COMPLETION_INDEX\)"\]$/m);
  assert.match(yaml, /^ {14}nvidia\.com\/gpu: 1$/m);
  assert.match(yaml, /^ {14}subPath: "my sweep"$/m);
  assert.ok(!/nvidia/.test(kubernetesJob({ ...job, usesDevice: false })));
});
