import { showSpread, spread } from "@gantry/gan/sweep";
import { last, type Told } from "../engine/tableFindings.js";
import type { TableReading } from "../engine/tableReading.js";
import { all, judge, lower } from "../engine/verdict.js";

const PAIRS = [
  ["sngan", "ssgan"],
  ["sngan", "infomax-gan"],
  ["ssgan", "infomax-gan"],
] as const;

/** Of every two rows that FID tells apart: whether KID tells the same. */
export function kidFollowsFid(reading: TableReading): Told {
  const [fid, kid] = [last("fid"), last("kid")];
  const cases = reading.data.flatMap(({ name, title }) =>
    PAIRS.flatMap(([one, other]) => {
      const { word } = judge(lower(fid(reading, name, one), fid(reading, name, other)));
      if (word === "undecided") return [];
      const [better, worse] = word === "holds" ? [one, other] : [other, one];
      const [a, b] = [kid(reading, name, better), kid(reading, name, worse)];
      const label = `${title}, ${better} before ${worse}`;
      return [
        {
          label,
          rule: lower(a, b),
          told: `${label}: KID ${showSpread(spread(a), 4)}, ${showSpread(spread(b), 4)}`,
        },
      ];
    }),
  );
  if (cases.length === 0)
    return { here: "-", verdict: { word: "undecided", why: "FID tells no two methods apart" } };
  return {
    here: cases.map(({ told }) => told).join("; "),
    verdict: judge(all(cases.map(({ label, rule }) => [label, rule]))),
  };
}
