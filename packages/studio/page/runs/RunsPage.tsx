import { useMemo, useRef } from "preact/hooks";
import type { RunRow, RunState, RunsJson } from "../../src/json.js";
import { addressNow, choose, go, pathOf, useAddress } from "../parts/address.js";
import { useJson } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { byWeight, Severity } from "../parts/Marks.js";
import { STATES, valueText, whole } from "../parts/words.js";
import { RunTable } from "./RunTable.js";
import { matches } from "./search.js";

const ORDER: readonly RunState[] = [
  "running",
  "stalled",
  "killed",
  "failed",
  "stopped",
  "done",
  "new",
  "unreadable",
];

/** Names of the ways in which the list is sorted. */
const SORTS = { updated: "last active", name: "name", score: "score", progress: "progress" } as const;
type Sort = keyof typeof SORTS;

/** The list of runs. */
export function RunsPage() {
  const { searchParams } = useAddress();
  const { data, trouble } = useJson<RunsJson>("/runs", ({ unread }) => (unread > 0 ? 300 : 2500));
  const search = searchParams.get("q") ?? "";
  const state = searchParams.get("state") ?? "";
  const group = searchParams.get("group") ?? "";
  const sort = (searchParams.get("sort") ?? "updated") as Sort;
  const picked = searchParams.getAll("pick");
  const box = useRef<HTMLInputElement>(null);
  const compare = () => go(`/compare?${new URLSearchParams(picked.map((id) => ["run", id]))}`);
  useKeys({
    "/": () => box.current?.focus(),
    Escape: () => box.current?.blur(),
    c: () => picked.length > 1 && compare(),
  });
  const runs = data?.runs ?? [];
  const found = useMemo(() => runs.filter(matches(search)), [runs, search]);
  const shown = found.filter((run) => state === "" || run.state === state);
  const counts = Map.groupBy(found, (run) => run.state);
  const groups = useMemo(() => groupsOf(sorted(shown, sort), group), [shown, group, sort]);
  const pick = (ids: readonly string[]) => {
    const url = new URL(addressNow());
    url.searchParams.delete("pick");
    for (const id of ids) url.searchParams.append("pick", id);
    go(url, { replace: true });
  };
  return (
    <main class="wide">
      <div class="heading">
        <h1>Runs</h1>
        <p class="quiet">
          {data === undefined ? "" : `${whole(runs.length)} in ${data.folder}`}
          {data !== undefined && data.unread > 0 ? `, reading ${whole(data.unread)}` : ""}
        </p>
      </div>
      {trouble === undefined ? null : (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      <Findings runs={shown} />
      <search class="tools">
        <label class="field grow">
          <span>Search</span>
          <input
            ref={box}
            type="search"
            value={search}
            placeholder="name, recipe, batch=64, learningRate<1e-3"
            list="settings"
            onInput={(event) => choose({ q: event.currentTarget.value })}
          />
        </label>
        <datalist id="settings">
          {(data?.varying ?? []).slice(0, 40).map((path) => (
            <option key={path} value={`${path}=`} />
          ))}
        </datalist>
        <label class="field">
          <span>Group by</span>
          <select value={group} onChange={(event) => choose({ group: event.currentTarget.value })}>
            <option value="">nothing</option>
            <option value="recipe">recipe</option>
            <option value="data">data</option>
            <option value="folder">folder</option>
            {(data?.varying ?? [])
              .filter((path) => path !== "recipe")
              .map((path) => (
                <option key={path}>{path}</option>
              ))}
          </select>
        </label>
        <label class="field">
          <span>Sort by</span>
          <select value={sort} onChange={(event) => choose({ sort: event.currentTarget.value })}>
            {Object.entries(SORTS).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button primary" disabled={picked.length < 2} onClick={compare}>
          {picked.length < 2 ? "Compare" : `Compare ${picked.length}`}
        </button>
      </search>
      <fieldset class="chips">
        <legend class="unseen">State</legend>
        <Chip name="all" count={found.length} on={state === ""} onClick={() => choose({ state: null })} />
        {ORDER.filter((each) => counts.has(each) || each === state).map((each) => (
          <Chip
            key={each}
            name={STATES[each]}
            kind={each}
            count={counts.get(each)?.length ?? 0}
            on={state === each}
            onClick={() => choose({ state: state === each ? null : each })}
          />
        ))}
        {picked.length === 0 ? null : (
          <button type="button" class="chip" onClick={() => pick([])}>
            unmark {picked.length}
          </button>
        )}
      </fieldset>
      {data !== undefined && shown.length === 0 ? <Nothing isEmpty={runs.length === 0} /> : null}
      {groups.map(([name, members]) => (
        <section key={name} class="group">
          {group === "" ? null : (
            <h2>
              <span class="mono">{name}</span> <span class="quiet">{members.length}</span>
            </h2>
          )}
          <RunTable runs={members} picked={picked} onPick={pick} label={group === "" ? "Runs" : name} />
        </section>
      ))}
    </main>
  );
}

interface ChipProps {
  readonly name: string;
  readonly kind?: RunState;
  readonly count: number;
  readonly on: boolean;
  readonly onClick: () => void;
}

const Chip = ({ name, kind, count, on, onClick }: ChipProps) => (
  <button
    type="button"
    class={`chip${kind === undefined ? "" : ` state-${kind}`}`}
    aria-pressed={on}
    onClick={onClick}
  >
    {kind === undefined ? null : <span class="dot" aria-hidden="true" />}
    {name} <span class="count">{whole(count)}</span>
  </button>
);

const Nothing = ({ isEmpty }: { readonly isEmpty: boolean }) => (
  <div class="empty">
    <p>{isEmpty ? "There is no run here yet." : "No run is like that."}</p>
    {isEmpty ? (
      <p>
        <code>gantry train gan --preset small</code> makes one in half a minute.
      </p>
    ) : null}
  </div>
);

/** What runs suffer from, before anything else. */
function Findings({ runs }: { readonly runs: readonly RunRow[] }) {
  const found = runs
    .flatMap((run) =>
      byWeight(run.findings)
        .slice(0, 1)
        .map((finding) => ({ run, finding })),
    )
    .filter(({ finding }) => finding.severity !== "info");
  if (found.length === 0) return null;
  const first = byWeight(found.map(({ finding }) => finding)).slice(0, 6);
  return (
    <section class="card findings" aria-labelledby="findings">
      <h2 id="findings">
        {found.length === 1 ? "One run needs a look" : `${whole(found.length)} runs need a look`}
      </h2>
      <ul>
        {first.map((finding) => {
          const { run } = found.find((each) => each.finding === finding)!;
          return (
            <li key={run.id}>
              <Severity severity={finding.severity} />
              <a href={`/run/${pathOf(run.id)}?at=${finding.iteration}`}>{run.id}</a>
              <span>{finding.title}</span>
              <span class="quiet">iteration {whole(finding.iteration)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function sorted(runs: readonly RunRow[], by: Sort): RunRow[] {
  const name = (a: RunRow, b: RunRow) => a.id.localeCompare(b.id, "en", { numeric: true });
  const orders: Record<Sort, (a: RunRow, b: RunRow) => number> = {
    name,
    updated: (a, b) => Date.parse(b.updated ?? b.created ?? "0") - Date.parse(a.updated ?? a.created ?? "0"),
    progress: (a, b) => b.iteration / (b.steps ?? 1) - a.iteration / (a.steps ?? 1),
    score: (a, b) => rank(a) - rank(b),
  };
  return runs.toSorted((a, b) => (orders[by] ?? name)(a, b) || name(a, b));
}

/** The better the less; without a score last. */
const rank = ({ score }: RunRow): number =>
  score === null ? Number.MAX_VALUE : score.better === "higher" ? -score.value : score.value;

function groupsOf(runs: readonly RunRow[], by: string): [string, RunRow[]][] {
  if (by === "") return runs.length === 0 ? [] : [["", [...runs]]];
  const nameOf = (run: RunRow): string => {
    if (by === "folder") return run.id.split("/").slice(0, -1).join("/") || "this folder";
    if (by === "recipe" || by === "data") return run[by];
    return `${by} = ${valueText(run.settings[by]) || "none"}`;
  };
  return [...Map.groupBy(runs, nameOf)].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
}
