import { scope, setThreads, torch } from "@gantry/torch";

const COUNT = 20_000;

/** What a call from TypeScript costs: an operator whose own work is nothing. */
export default {
  what: "one add of two small tensors from TypeScript, its result freed by a scope",
  async run({ alone }) {
    setThreads(1);
    const a = torch.ones([2, 2]);
    const b = torch.ones([2, 2]);
    const body = () => {
      for (let i = 0; i < COUNT; i += 100)
        scope(() => {
          for (let k = 0; k < 100; k++) a.add(b);
        });
    };
    const ours = await alone(body, { unit: "us", per: COUNT });
    return {
      shapes: "float32[2,2] + float32[2,2]",
      threads: 1,
      ours,
      target: "under 3 us",
      met: ours.median < 3,
    };
  },
};
