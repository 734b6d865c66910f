import { useEffect, useState } from "preact/hooks";
import type { LabRecipe } from "../../src/lab/messages.js";
import { choose, useAddress } from "../parts/address.js";
import { Drawing, pointsIn, pointsText } from "./Drawing.js";
import { SIDES, settingIn } from "./sides.js";

interface Props {
  readonly hasBegun: boolean;
  readonly trouble: string | undefined;
  readonly onBegin: () => void;
}

/** What is trained in the lab, on which points. All of it stands in the address. */
export function Choices({ hasBegun, trouble, onBegin }: Props) {
  const address = useAddress();
  const at = (name: string) => settingIn(address, name);
  const [recipes, setRecipes] = useState<readonly LabRecipe[]>([]);
  useEffect(() => {
    void fetch("/lab/recipes.json")
      .then((response) => response.json())
      .then(setRecipes)
      .catch(() => {});
  }, []);
  return (
    <section class="card lab-settings" aria-label="What is trained">
      <div class="tools">
        <label class="field">
          <span>Data</span>
          <select value={at("data")} onChange={(event) => choose({ data: event.currentTarget.value })}>
            <option value="ring">ring of 8</option>
            <option value="grid">grid of 25</option>
            <option value="drawn">drawn by you</option>
          </select>
        </label>
        <label class="field">
          <span>Seed</span>
          <input
            type="number"
            min={0}
            value={at("seed")}
            onChange={(event) => choose({ seed: event.currentTarget.value })}
          />
        </label>
      </div>
      {at("data") === "drawn" ? (
        <Drawing
          points={pointsIn(at("points"))}
          onChange={(points) => choose({ points: pointsText(points) })}
        />
      ) : null}
      <div class="lab-sides">
        {SIDES.map((side) => (
          <fieldset key={side} class="tools">
            <legend class="unseen">{side}</legend>
            <label class="field">
              <span>{side === "left" ? "Left" : "Right"}</span>
              <select
                value={at(side)}
                onChange={(event) => choose({ [side]: event.currentTarget.value || "none" })}
              >
                {side === "right" ? <option value="none">nothing</option> : null}
                {recipes.map(({ name, summary }) => (
                  <option key={name} value={name} title={summary}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label class="field grow">
              <span>Terms</span>
              <input
                value={at(`${side}-with`)}
                placeholder="packing:degree=2"
                onChange={(event) => choose({ [`${side}-with`]: event.currentTarget.value })}
              />
            </label>
            <label class="field grow">
              <span>Settings</span>
              <input
                value={at(`${side}-set`)}
                placeholder="batch=256 steps=5000"
                onChange={(event) => choose({ [`${side}-set`]: event.currentTarget.value })}
              />
            </label>
          </fieldset>
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="button primary" onClick={onBegin}>
          {hasBegun ? "Begin anew" : "Begin"}
        </button>
        <p role="status" class="trouble">
          {trouble}
        </p>
      </div>
    </section>
  );
}
