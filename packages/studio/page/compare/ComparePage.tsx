import type { CompareJson } from "../../src/json.js";
import { choose, useAddress } from "../parts/address.js";
import { useJson } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { Comparison } from "./Comparison.js";

/** Runs side by side. */
export function ComparePage() {
  const { searchParams } = useAddress();
  const runs = new URLSearchParams(searchParams.getAll("run").map((id) => ["run", id]));
  const { data, trouble } = useJson<CompareJson>(`/compare?${runs}`, ({ unread }) => (unread ? 500 : 5000));
  const at = searchParams.get("at");
  const logarithmic = searchParams.get("log") === "1";
  useKeys({ l: () => choose({ log: logarithmic ? null : "1" }) });
  return (
    <>
      {trouble === undefined ? null : (
        <p class="trouble wide" role="alert">
          {trouble}
        </p>
      )}
      {data?.unread ? (
        <p class="quiet wide" role="status">
          Reading the events of {data.unread === 1 ? "1 run" : `${data.unread} runs`} …
        </p>
      ) : null}
      {data === undefined ? (
        <main class="wide">
          <h1>Compare</h1>
          {trouble === undefined ? <p class="waiting">Reading the runs …</p> : null}
        </main>
      ) : (
        <Comparison
          data={data}
          file={`/compare.html?${runs}`}
          at={at === null ? undefined : Number(at)}
          onAt={(iteration) => choose({ at: iteration === undefined ? null : String(iteration) })}
          logarithmic={logarithmic}
          onLogarithmic={(on) => choose({ log: on ? "1" : null })}
        />
      )}
    </>
  );
}
