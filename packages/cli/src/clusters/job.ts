/** What the job of a sweep on a cluster is made of. */
export interface ClusterJob {
  readonly name: string;
  /** The sweep's folder, absolutely. */
  readonly folder: string;
  /** Cells, and so tasks: 0 to `count` - 1. */
  readonly count: number;
  /** Tasks at a time; undefined: as many as the cluster has room for. */
  readonly jobs: number | undefined;
  /** Processor cores of a task. */
  readonly threads: number;
  /** Whether each task is given a graphics processor. */
  readonly usesDevice: boolean;
  /** The folder that the command was called in, absolutely. */
  readonly cwd: string;
  /** How the command is begun there: program, and its file. */
  readonly command: readonly string[];
}
