// Gantry's own training loop against the same work written plainly in PyTorch: what most rows of the table are.
import { cpus } from "node:os";
import { startPeer } from "./peer.mjs";
import { parameterCounts, startTraining } from "./training.mjs";

/**
 * A case that times iterations in float32 and, where there is a target for it, in bfloat16, each in turn with the peer,
 * which computes in float32.
 * @param training as startTraining takes it, without threads and precision
 * @param peer name of a file in peers/ and its options, without threads
 * @param targets how many times as fast, by precision
 * @param iterations in one timing
 * @param threads default: every core
 */
export function versus({ what, shapes, training, peer, targets, iterations, rounds, warmups, threads }) {
  return {
    what,
    async run({ turns, times, faster }) {
      const used = threads ?? cpus().length;
      const bodies = {};
      const opened = [];
      try {
        for (const precision of Object.keys(targets)) {
          const settings = [...training.settings, `threads=${used}`, `precision=${precision}`];
          const started = await startTraining({ ...training, settings });
          opened.push(started);
          bodies[precision] = () => started.run(iterations);
        }
        const other = await startPeer(peer.name, { ...peer.options, threads: used });
        if (other !== undefined) {
          opened.push(other);
          await requireSameParameters(opened[0].trainer, other);
          bodies.peer = () => other.run(iterations);
        }
        const taken = await turns(bodies, { rounds, warmups, per: iterations });
        return Object.entries(targets).map(([precision, target]) => {
          const about = { label: precision, shapes, threads: used, ours: times(taken[precision]) };
          if (other === undefined)
            return { ...about, notes: ["no Python with torch here: no peer to compare with"] };
          const ratio = faster(taken[precision], taken.peer);
          return {
            ...about,
            peer: times(taken.peer),
            ratio,
            against: `python3-torch ${other.version}, float32, the public code's loop`,
            target: `at least ${target} x`,
            met: ratio.median >= target,
          };
        });
      } finally {
        for (const each of opened) await each.close();
      }
    },
  };
}

/** @throws Error where the peer trains other networks than Gantry: then the comparison would say nothing */
async function requireSameParameters(trainer, peer) {
  const ours = parameterCounts(trainer).join(" and ");
  const theirs = (await peer.parameters()).join(" and ");
  if (ours !== theirs) throw new Error(`G and D have ${ours} parameters here and ${theirs} in the peer`);
}
