import { join } from "node:path";
import { shellWord } from "../render/format.js";
import type { ClusterJob } from "./job.js";

export const SLURM_FILE = "array.sh";

/**
 * An array job for SLURM: a task a cell. Two minutes before its time is over a task is told, saves, and goes back into the queue.
 */
export function slurmScript({
  name,
  folder,
  count,
  jobs,
  threads,
  usesDevice,
  cwd,
  command,
}: ClusterJob): string {
  const limit = jobs === undefined ? "" : `%${jobs}`;
  return `#!/bin/sh
#SBATCH --job-name=${name}
#SBATCH --array=0-${count - 1}${limit}
#SBATCH --cpus-per-task=${threads}
${usesDevice ? "#SBATCH --gres=gpu:1\n" : ""}#SBATCH --output=${join(folder, "slurm-%a.log")}
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=USR2@120
# Each task trains one cell of the sweep; the folder must be seen by every node. Add your cluster's own lines, as
# #SBATCH --partition, --account and --time. Submitted again, it goes on with what is not done:
#   sbatch ${shellWord(join(folder, SLURM_FILE))}
cd ${shellWord(cwd)} || exit 1
export OMP_NUM_THREADS="\${SLURM_CPUS_PER_TASK:-${threads}}"
srun ${[...command, "sweep", "cell", folder].map(shellWord).join(" ")} "$SLURM_ARRAY_TASK_ID"
status=$?
# What SIGUSR2 leaves at the end of its time: saved, and not done.
if [ "$status" -eq 140 ]; then scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; fi
exit "$status"
`;
}
