import { basename } from "node:path";
import type { ClusterJob } from "./job.js";

export const KUBERNETES_FILE = "job.yaml";

/** What Kubernetes takes for a name: small letters, digits and -, at most 52 of them for a job with indices. */
const nameOf = (name: string): string =>
  `sweep-${name}`
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, 52)
    .replace(/-+$/, "");

/**
 * An indexed Job for Kubernetes: a pod a cell. A pod that is moved away goes on from its last checkpoint.
 */
export function kubernetesJob({ name, folder, count, jobs, threads, usesDevice }: ClusterJob): string {
  const device = usesDevice ? "\n              nvidia.com/gpu: 1" : "";
  return `# Each pod trains one cell of the sweep. Fill in: the image that docker/Dockerfile makes, by your registry's name for it, and a
# claim of a volume that all pods may write, in which this folder lies as ${basename(folder)}. Data that is no known set must be
# mounted where this machine has it.
#   kubectl apply -f ${KUBERNETES_FILE}
apiVersion: batch/v1
kind: Job
metadata:
  name: ${nameOf(name)}
spec:
  completionMode: Indexed
  completions: ${count}
  parallelism: ${jobs ?? count}
  # Kubernetes 1.29 or later: a cell that fails three times does not end the others.
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      # Time for a last checkpoint.
      terminationGracePeriodSeconds: 600
      containers:
        - name: gantry
          image: gantry
          args: ["sweep", "cell", "/sweep", "$(JOB_COMPLETION_INDEX)"]
          env:
            - name: OMP_NUM_THREADS
              value: "${threads}"
          resources:
            requests:
              cpu: ${threads}
            limits:
              cpu: ${threads}${device}
          volumeMounts:
            - name: runs
              mountPath: /sweep
              subPath: ${JSON.stringify(basename(folder))}
      volumes:
        - name: runs
          persistentVolumeClaim:
            claimName: gantry-runs
`;
}
