import { useMemo } from "preact/hooks";
import type { RunJson } from "../../src/json.js";
import { flatten } from "../../src/objects.js";
import { choose, useAddress } from "../parts/address.js";
import { valueText } from "../parts/words.js";

/** A run's configuration, and what it was made with. */
export function Settings({ run }: { readonly run: RunJson }) {
  const wanted = useAddress().searchParams.get("settings") ?? "";
  const all = useMemo(() => [...flatten(run.config)], [run.config]);
  const origin = useMemo(
    () => [...flatten({ ...run.origin, created: run.created, folder: run.path })],
    [run],
  );
  const text = wanted.toLowerCase();
  const shown = all.filter(([path, value]) => `${path}=${valueText(value)}`.toLowerCase().includes(text));
  return (
    <section aria-labelledby="settings">
      <div class="section-heading">
        <h2 id="settings">Settings</h2>
        <label class="field inline">
          <span>Only</span>
          <input
            type="search"
            size={14}
            value={wanted}
            onInput={(event) => choose({ settings: event.currentTarget.value })}
          />
        </label>
      </div>
      <dl class="settings">
        {shown.map(([path, value]) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>{valueText(value)}</dd>
          </div>
        ))}
      </dl>
      <h3>Versions and origin</h3>
      <dl class="settings">
        {origin.map(([path, value]) => (
          <div key={path}>
            <dt>{path}</dt>
            <dd>{valueText(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
