import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../core/base/errors.js";
import {
  firstHost,
  forgetRanks,
  ownAddress,
  type RankMember,
  rankWish,
  STARTED,
  visibleDevice,
} from "./place.js";

const member = (environment: Record<string, string>): RankMember => {
  const wish = rankWish(environment);
  assert.equal(wish.kind, "member");
  return wish as RankMember;
};

test("who is alone: nothing set, one process, a batch script of SLURM's", () => {
  for (const environment of [
    {},
    { RANK: "0", WORLD_SIZE: "1" },
    { SLURM_JOB_ID: "7", SLURM_PROCID: "0", SLURM_NTASKS: "4" },
    { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "1" },
    { PET_NNODES: "1", PET_NODE_RANK: "0", PET_NPROC_PER_NODE: "auto" },
  ] as Record<string, string>[])
    assert.deepEqual(rankWish(environment), { kind: "alone" });
  assert.deepEqual(rankWish({ RANK: "1", WORLD_SIZE: "1" }, 1), { kind: "alone" });
});

test("--processes starts them on loopback, once", () => {
  assert.deepEqual(rankWish({}, 3), {
    kind: "start",
    processes: 3,
    first: 0,
    size: 3,
    host: "127.0.0.1",
    port: undefined,
    source: "--processes",
  });
  const started = {
    [STARTED]: "1",
    RANK: "2",
    WORLD_SIZE: "3",
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: "4000",
  };
  assert.deepEqual([rankWish(started, 3).kind, member(started).rank], ["member", 2]);
  assert.throws(
    () => rankWish({ RANK: "0", WORLD_SIZE: "2", MASTER_ADDR: "a" }, 2),
    /a launcher did; leave one out/,
  );
});

test("RANK and WORLD_SIZE come before Kubeflow's, MPI's and SLURM's", () => {
  const slurm = {
    SLURM_STEP_ID: "0",
    SLURM_PROCID: "3",
    SLURM_STEP_NUM_TASKS: "8",
    SLURM_STEP_NUM_NODES: "2",
  };
  const others = { ...slurm, SLURM_STEP_NODELIST: "gpu[03-04]", SLURM_LOCALID: "3", SLURM_JOB_ID: "12" };
  const mpi = { ...others, OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "6", MASTER_ADDR: "head" };
  const pet = { ...mpi, PET_NNODES: "5", PET_NODE_RANK: "1", PET_MASTER_ADDR: "job-master-0" };
  const found = [{ ...pet, RANK: "0", WORLD_SIZE: "4", LOCAL_RANK: "0" }, pet, mpi, others].map((each) => {
    const { rank, size, host, source } = member(each);
    return [rank, size, host, source];
  });
  assert.deepEqual(found, [
    [0, 4, "head", "RANK and WORLD_SIZE"],
    [1, 5, "head", "PET_NNODES and PET_NODE_RANK"],
    [2, 6, "head", "MPI's environment"],
    [3, 8, "gpu03", "SLURM's step"],
  ]);
});

test("torchrun's agent has opened the store, and each attempt has keys of its own", () => {
  const environment = {
    RANK: "1",
    WORLD_SIZE: "2",
    LOCAL_RANK: "1",
    LOCAL_WORLD_SIZE: "2",
    MASTER_ADDR: "127.0.0.1",
  };
  const torchrun = { ...environment, TORCHELASTIC_USE_AGENT_STORE: "True", TORCHELASTIC_RESTART_COUNT: "2" };
  const { isOpen, prefix, port, localRank, localSize } = member(torchrun);
  assert.deepEqual([isOpen, prefix, port, localRank, localSize], [true, "gantry/2", 29_500, 1, 2]);
  assert.equal(member(environment).isOpen, false);
});

test("Kubeflow's containers with several processes each start their own", () => {
  const wish = rankWish({
    // A PyTorchJob's operator sets these too, of the container.
    RANK: "1",
    WORLD_SIZE: "2",
    MASTER_ADDR: "m",
    MASTER_PORT: "23456",
    PET_NNODES: "2",
    PET_NODE_RANK: "1",
    PET_NPROC_PER_NODE: "4",
    PET_MASTER_ADDR: "m",
    PET_MASTER_PORT: "23456",
  });
  assert.deepEqual(wish, {
    kind: "start",
    processes: 4,
    first: 4,
    size: 8,
    host: "m",
    port: 23456,
    source: "PET_NNODES and PET_NODE_RANK",
  });
});

test("what makes no sense is refused in one line", () => {
  for (const [environment, words] of [
    [{ RANK: "2", WORLD_SIZE: "2", MASTER_ADDR: "a" }, /rank 2 of 2 processes; ranks are counted from 0/],
    [{ RANK: "one", WORLD_SIZE: "2" }, /RANK=one in the environment is no whole number/],
    [{ RANK: "0", WORLD_SIZE: "2" }, /need MASTER_ADDR/],
    [{ RANK: "0", WORLD_SIZE: "2", MASTER_ADDR: "a", MASTER_PORT: "0" }, /MASTER_PORT=0/],
    [{ PET_NNODES: "1:4", PET_NODE_RANK: "0" }, /has to be fixed here/],
    [{ PMI_RANK: "0", PMI_SIZE: "2" }, /MPI's environment: .* need MASTER_ADDR/],
  ] as [Record<string, string>, RegExp][])
    assert.throws(
      () => rankWish(environment),
      (error) => error instanceof UsageError && words.test(error.message),
    );
});

test("what a rank starts is none", () => {
  const environment = {
    ...{
      PATH: "/bin",
      MASTERS: "1",
      RANK: "0",
      WORLD_SIZE: "2",
      LOCAL_RANK: "0",
      MASTER_ADDR: "a",
      [STARTED]: "1",
    },
    ...{ TORCHELASTIC_RESTART_COUNT: "0", PET_NNODES: "2", OMPI_COMM_WORLD_RANK: "0", SLURM_STEP_ID: "0" },
  };
  forgetRanks(environment);
  assert.deepEqual(environment, { PATH: "/bin", MASTERS: "1" });
});

test("each process of a machine has a device of its own, where there are as many", () => {
  const of = (given: string | undefined, index: number) =>
    visibleDevice(given === undefined ? {} : { CUDA_VISIBLE_DEVICES: given }, index);
  assert.deepEqual([of(undefined, 3), of("4,6", 1), of("4,6", 2), of("5", 3)], ["3", "6", "4", "5"]);
});

test("the first host of SLURM's lists", () => {
  for (const [list, host] of [
    ["node7", "node7"],
    ["a,b", "a"],
    ["node[03-04,7]", "node03"],
    ["node[1,3],other", "node1"],
    ["rack[2-3]-gpu,x", "rack2-gpu"],
  ] as const)
    assert.equal(firstHost(list), host);
});

test("this machine's address is the one by which it reaches rank 0's", async () => {
  assert.equal(await ownAddress("127.0.0.1", 29500), "127.0.0.1");
  assert.equal(await ownAddress("localhost", 29500), "127.0.0.1");
  await assert.rejects(ownAddress("no-such-host.invalid", 29500), /is no host that this machine knows/);
});
