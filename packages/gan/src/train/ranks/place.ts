import { createSocket } from "node:dgram";
import { UsageError } from "../../core/base/errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line and the environment say of other processes. */
export type RankWish =
  /** This process trains alone. */
  | { readonly kind: "alone" }
  /** This process starts `processes` of them here, the first of which is rank `first` of `size`. */
  | {
      readonly kind: "start";
      readonly processes: number;
      readonly first: number;
      readonly size: number;
      readonly host: string;
      /** Undefined: any that is free. */
      readonly port: number | undefined;
      readonly source: string;
    }
  /** This process is one of them. */
  | RankMember;

export interface RankMember {
  readonly kind: "member";
  readonly rank: number;
  readonly size: number;
  /** Among those of this machine, from 0. */
  readonly localRank: number;
  readonly localSize: number;
  readonly host: string;
  readonly port: number;
  /** Whether a launcher has opened the store already. */
  readonly isOpen: boolean;
  /** What keys at the store begin with. */
  readonly prefix: string;
  /** Who said so, for people. */
  readonly source: string;
}

/** Where gloo and NCCL meet unless something says otherwise, as PyTorch's launchers have it. */
const PORT = 29_500;
const LOOPBACK = "127.0.0.1";
/** Set by launchRanks() in the processes that it starts. */
export const STARTED = "GANTRY_STARTED_RANK";

function whole(environment: Environment, name: string, least = 0): number | undefined {
  const text = environment[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${name}=${text} in the environment is no whole number of ${least} or more`);
}

/** The first of these that is set. */
const firstOf = (environment: Environment, names: readonly string[], least = 0): number | undefined => {
  for (const name of names) {
    const value = whole(environment, name, least);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** A number that all tasks of a job know, as a port that another job on the machine seldom has. */
const portOf = (job: number): number => 20_000 + (job % 20_000);

/** The first host of SLURM's list: `node[03-04,7]` is node03. */
export const firstHost = (list: string): string =>
  list.replace(/^([^,[]*)\[([^\],-]*)[^\]]*\]([^,]*).*$/, "$1$2$3").replace(/,.*$/, "");

function member(
  environment: Environment,
  found: Omit<RankMember, "kind" | "host" | "port" | "isOpen" | "prefix">,
  meet: { host?: string | undefined; port?: number },
): RankMember {
  const { rank, size, source } = found;
  if (rank >= size)
    throw new UsageError(`${source}: rank ${rank} of ${size} processes; ranks are counted from 0`);
  const host = environment.MASTER_ADDR ?? meet.host;
  if (host === undefined)
    throw new UsageError(
      `${source}: ${size} processes on several machines need MASTER_ADDR, the address of rank 0's`,
    );
  const port = whole(environment, "MASTER_PORT", 1) ?? meet.port ?? PORT;
  const attempt = environment.TORCHELASTIC_RESTART_COUNT ?? "0";
  return {
    kind: "member",
    ...found,
    host,
    port,
    isOpen: environment.TORCHELASTIC_USE_AGENT_STORE === "True",
    prefix: `gantry/${attempt}`,
  };
}

/**
 * Reads who this process is, here and nowhere else: --processes, then RANK and WORLD_SIZE (torchrun, PyTorchJob), PET_*
 * (Kubeflow), MPI's variables, SLURM's within a step.
 * @param processes of --processes
 * @throws UsageError for what contradicts itself
 */
export function rankWish(environment: Environment, processes?: number): RankWish {
  const [rank, size] = [whole(environment, "RANK"), whole(environment, "WORLD_SIZE", 1)];
  if (processes !== undefined && environment[STARTED] === undefined) {
    if (processes > 1 && size !== undefined && size > 1)
      throw new UsageError(
        `--processes ${processes} starts processes on one machine, and WORLD_SIZE=${size} in the environment says that a launcher did; leave one out`,
      );
    const here = { first: 0, size: processes, host: LOOPBACK, port: undefined, source: "--processes" };
    return processes === 1 ? { kind: "alone" } : { kind: "start", processes, ...here };
  }
  if (rank !== undefined && size !== undefined && !isNode(environment)) {
    if (size === 1) return { kind: "alone" };
    const localRank = whole(environment, "LOCAL_RANK") ?? 0;
    const localSize = whole(environment, "LOCAL_WORLD_SIZE", 1) ?? 1;
    return member(environment, { rank, size, localRank, localSize, source: "RANK and WORLD_SIZE" }, {});
  }
  return petWish(environment) ?? mpiWish(environment) ?? slurmWish(environment) ?? { kind: "alone" };
}

/** Of what a process sees of CUDA's devices, the one for the `index`th process of a machine: CUDA_VISIBLE_DEVICES for it. */
export function visibleDevice({ CUDA_VISIBLE_DEVICES: given }: Environment, index: number): string {
  const devices = given === undefined || given === "" ? [] : given.split(",");
  // Of a launcher that gives each process a device of its own, there is one.
  return devices.length === 0 ? String(index) : (devices[index % devices.length] as string);
}

const OF_RANKS =
  /^((LOCAL_)?RANK|(LOCAL_)?WORLD_SIZE|MASTER_(ADDR|PORT)|GANTRY_STARTED_RANK|(TORCHELASTIC|PET|OMPI|PMI|MPI|SLURM)_.*)$/;

/** Takes out of an environment what rankWish() read there: commands that a rank starts are no ranks. */
export function forgetRanks(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) if (OF_RANKS.test(name)) delete environment[name];
}

/**
 * Whether RANK is a container's, in which several processes are to be started: of PyTorchJobs with nprocPerNode. torchrun, which
 * starts them, sets LOCAL_RANK.
 */
const isNode = ({ LOCAL_RANK, PET_NODE_RANK, PET_NNODES, PET_NPROC_PER_NODE = "" }: Environment): boolean =>
  LOCAL_RANK === undefined &&
  PET_NODE_RANK !== undefined &&
  PET_NNODES !== undefined &&
  Number(PET_NPROC_PER_NODE) > 1;

/** Kubeflow's, for a container whose command is not torchrun. */
function petWish(environment: Environment): RankWish | undefined {
  const { PET_NNODES, PET_MASTER_ADDR, PET_NPROC_PER_NODE = "1" } = environment;
  const node = whole(environment, "PET_NODE_RANK");
  if (PET_NNODES === undefined || node === undefined) return undefined;
  const nodes = Number(PET_NNODES);
  const each = /^\d+$/.test(PET_NPROC_PER_NODE) ? Number(PET_NPROC_PER_NODE) : 1;
  if (!(Number.isInteger(nodes) && nodes >= 1))
    throw new UsageError(
      `PET_NNODES=${PET_NNODES}: the number of machines has to be fixed here; leave elasticPolicy out`,
    );
  const size = nodes * each;
  if (size === 1) return { kind: "alone" };
  const port = whole(environment, "PET_MASTER_PORT", 1) ?? PORT;
  const source = "PET_NNODES and PET_NODE_RANK";
  if (each === 1)
    return member(
      environment,
      { rank: node, size, localRank: 0, localSize: 1, source },
      { host: PET_MASTER_ADDR, port },
    );
  const host = environment.MASTER_ADDR ?? PET_MASTER_ADDR ?? (nodes === 1 ? LOOPBACK : undefined);
  if (host === undefined)
    throw new UsageError(`${source}: ${nodes} machines need PET_MASTER_ADDR, the address of the first`);
  return {
    kind: "start",
    processes: each,
    first: node * each,
    size,
    host,
    port: nodes === 1 ? undefined : port,
    source,
  };
}

/** Open MPI's, and those of MPICH's process manager and its kin. */
function mpiWish(environment: Environment): RankWish | undefined {
  const rank = firstOf(environment, ["OMPI_COMM_WORLD_RANK", "PMI_RANK"]);
  const size = firstOf(environment, ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"], 1);
  if (rank === undefined || size === undefined) return undefined;
  if (size === 1) return { kind: "alone" };
  const localRank = firstOf(environment, ["OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID"]) ?? 0;
  const localSize = firstOf(environment, ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"], 1) ?? 1;
  const host = localSize === size ? LOOPBACK : undefined;
  return member(environment, { rank, size, localRank, localSize, source: "MPI's environment" }, { host });
}

/** SLURM's, of a task of srun: a batch script is no task. */
function slurmWish(environment: Environment): RankWish | undefined {
  const step = whole(environment, "SLURM_STEP_ID");
  const rank = whole(environment, "SLURM_PROCID");
  const size = whole(environment, "SLURM_STEP_NUM_TASKS", 1);
  if (step === undefined || rank === undefined || size === undefined) return undefined;
  if (size === 1) return { kind: "alone" };
  const nodes = environment.SLURM_STEP_NODELIST ?? "";
  const isOne = firstOf(environment, ["SLURM_STEP_NUM_NODES"], 1) === 1;
  const host = isOne ? LOOPBACK : nodes === "" ? undefined : firstHost(nodes);
  const localRank = whole(environment, "SLURM_LOCALID") ?? 0;
  const port = portOf((whole(environment, "SLURM_JOB_ID") ?? 0) * 7 + step);
  const localSize = isOne ? size : Number.parseInt(environment.SLURM_STEP_TASKS_PER_NODE ?? "1", 10);
  return member(environment, { rank, size, localRank, localSize, source: "SLURM's step" }, { host, port });
}

/** Of this machine, the address by which it reaches rank 0's, and so is reached by the others. */
export async function ownAddress(host: string, port: number): Promise<string> {
  if (host === "localhost" || host.startsWith("127.") || host === "::1")
    return host === "localhost" ? LOOPBACK : host;
  const { lookup } = await import("node:dns/promises");
  const { address, family } = await lookup(host).catch(() => {
    throw new UsageError(`MASTER_ADDR=${host} is no host that this machine knows`);
  });
  // Nothing is sent: the system says by which of its addresses it would be.
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(port, address, () => resolve(socket.address().address));
    });
  } catch {
    throw new UsageError(`this machine has no way to MASTER_ADDR=${host}`);
  } finally {
    socket.close();
  }
}
