import { useState } from "preact/hooks";
import type { AdviceJson, RunJson } from "../../src/json.js";
import { choose, pathOf } from "../parts/address.js";
import { byWeight, Severity } from "../parts/Marks.js";
import { whole } from "../parts/words.js";

/** What a run suffers from, since when, and what helps. */
export function Findings({ run }: { readonly run: RunJson }) {
  const [advice, setAdvice] = useState<AdviceJson>();
  const [told, setTold] = useState("");
  if (run.findings.length === 0) return null;
  const ask = async () => {
    setTold("Asking gantry diagnose …");
    try {
      const response = await fetch(`/advice/${pathOf(run.id)}`);
      const body = (await response.json()) as AdviceJson & { message?: string };
      if (!response.ok) throw new Error(String(body.message));
      setAdvice(body);
      setTold("");
    } catch (error) {
      setTold((error as Error).message);
    }
  };
  return (
    <section class="card findings" aria-labelledby="findings">
      <div class="section-heading">
        <h2 id="findings">Findings</h2>
        <p role="status" class="quiet">
          {told}
        </p>
        <button type="button" class="button small" onClick={() => void ask()}>
          What helps?
        </button>
      </div>
      <ul>
        {byWeight(run.findings).map(({ name, severity, iteration, title, text, summary, cause }) => (
          <li key={`${iteration} ${name}`}>
            <Severity severity={severity} />
            <div>
              <strong>{title}</strong>
              {summary === undefined ? " " : `: ${summary} `}
              <button type="button" class="link" onClick={() => choose({ at: String(iteration) })}>
                iteration {whole(iteration)}
              </button>
              <p class="quiet">{text}</p>
              {cause === undefined ? null : <p>{cause}</p>}
              {(advice?.[name] ?? []).map(({ command, meaning }) => (
                <p key={command} class="advice">
                  {meaning}
                  <code>{command}</code>
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
