// Gantry's own training loop against the same work in PyTorch, once as the public code writes it and once as an expert does
// (peers/expert.py): what most rows of the table are.
import { cpus } from "node:os";
import { startPeer } from "./peer.mjs";
import { hasBfloat16 } from "./processor.mjs";
import { parameterCounts, startTraining } from "./training.mjs";

const STYLES = ["plain", "expert"];

/**
 * A case that times iterations of Gantry, of the plain peer and of the expert, in turn, a precision at a time; the ratio is to
 * the better peer.
 * @param training as startTraining takes it, without threads and precision
 * @param peer name of a file in peers/ and its options, without threads, precision and style
 * @param precisions default: float32 alone; bfloat16 is left out where the processor has no instructions for it
 * @param iterations in one timing
 * @param threads default: every core
 */
export function versus({
  what,
  shapes,
  training,
  peer,
  precisions = ["float32"],
  iterations,
  rounds,
  warmups,
  threads = cpus().length,
}) {
  return {
    what,
    async run(context) {
      const results = [];
      for (const precision of precisions) {
        const about = { label: precision, shapes, threads };
        results.push(
          precision === "bfloat16" && !hasBfloat16
            ? { ...about, skipped: "this processor has no instructions for bfloat16" }
            : { ...about, ...(await compare(context, precision)) },
        );
      }
      return results;
    },
  };

  async function compare({ turns, times, faster }, precision) {
    const opened = [];
    try {
      const settings = [...training.settings, `threads=${threads}`, `precision=${precision}`];
      const ours = await startTraining({ ...training, settings });
      opened.push(ours);
      const bodies = { ours: () => ours.run(iterations) };
      const peers = {};
      for (const style of STYLES) {
        const options = {
          ...peer.options,
          threads,
          bfloat16: precision === "bfloat16",
          expert: style === "expert",
        };
        const other = await startPeer(peer.name, options);
        if (other === undefined) break;
        opened.push(other);
        await requireSameParameters(ours.trainer, other);
        peers[style] = other;
        bodies[style] = () => other.run(iterations);
      }
      const taken = await turns(bodies, { rounds, warmups, per: iterations });
      if (peers.expert === undefined)
        return { ours: times(taken.ours), notes: ["no Python with torch here: no peer to compare with"] };
      const [better, other] = STYLES.toSorted((a, b) => times(taken[a]).median - times(taken[b]).median);
      const ratio = faster(taken.ours, taken[better]);
      const described = `PyTorch ${peers[better].version}, ${precision}, ${better}: ${await peers[better].about()}`;
      return {
        ours: times(taken.ours),
        peer: times(taken[better]),
        against: described,
        ratio,
        others: [
          {
            name: `${other}: ${await peers[other].about()}`,
            times: times(taken[other]),
            ratio: faster(taken.ours, taken[other]),
          },
        ],
        target: "faster than both",
        met: ratio.median > 1,
      };
    } finally {
      for (const each of opened) await each.close();
    }
  }
}

/** @throws Error where the peer trains other networks than Gantry: then the comparison would say nothing */
async function requireSameParameters(trainer, peer) {
  const ours = parameterCounts(trainer).join(" and ");
  const theirs = (await peer.parameters()).join(" and ");
  if (ours !== theirs) throw new Error(`G and D have ${ours} parameters here and ${theirs} in the peer`);
}
