import type { LabJson } from "../../src/json.js";
import { pathOf } from "../parts/address.js";
import { shortNumber } from "../parts/words.js";
import type { Layer } from "./draw.js";
import type { Wish } from "./order.js";
import { Plane, standing } from "./Plane.js";
import type { Training } from "./useTraining.js";

interface Props {
  readonly title: string;
  readonly wish: Wish;
  /** What its training was begun with. */
  readonly begun: Wish | undefined;
  readonly recipes: LabJson["recipes"];
  readonly training: Training;
  readonly shown: ReadonlySet<Layer>;
  readonly onWish: (wish: Wish) => void;
  readonly onGoOn: () => void;
  /** The second side can be taken away. */
  readonly onRemove?: () => void;
}

/** Losses shown under a plane: of D and G, without what they are made of. */
const LOSSES = 4;

/** One method: what it is, its plane, and where it stands. */
export function Side({ title, wish, begun, recipes, training, shown, onWish, onGoOn, onRemove }: Props) {
  const { opened, scalars, trouble } = training;
  const isOther = begun !== undefined && (wish.with !== begun.with || wish.set !== begun.set);
  const summary = recipes.find(({ name }) => name === wish.recipe)?.summary ?? "";
  const run = opened === undefined ? undefined : opened.run.split(/[\\/]/).slice(-2).join("/");
  const losses = Object.entries(scalars)
    .filter(([name]) => /^(discriminator|generator)\/[^/]+$/.test(name))
    .slice(0, LOSSES);
  return (
    <section class="card side" aria-label={title}>
      <div class="tools">
        <label class="field">
          <span>{title}</span>
          <select
            value={wish.recipe}
            onChange={(event) => onWish({ ...wish, recipe: event.currentTarget.value })}
          >
            {recipes.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="field grow">
          <span>with terms</span>
          <input
            class="mono"
            value={wish.with}
            placeholder="packing:degree=4"
            onChange={(event) => onWish({ ...wish, with: event.currentTarget.value })}
          />
        </label>
        <label class="field grow">
          <span>and settings</span>
          <input
            class="mono"
            value={wish.set}
            placeholder="schedule.discriminatorSteps=5"
            onChange={(event) => onWish({ ...wish, set: event.currentTarget.value })}
          />
        </label>
        {onRemove === undefined ? null : (
          <button type="button" class="button small" onClick={onRemove}>
            Remove
          </button>
        )}
      </div>
      <p class="quiet line">{summary}</p>
      <div class="plane-frame">
        <Plane training={training} shown={shown} />
        {opened === undefined ? <p class="quiet">Begin, and it is drawn here.</p> : null}
      </div>
      <p class="standing" role="status">
        {standing(training)}
      </p>
      <p class="quiet line">
        {losses.map(([name, value]) => `${name} ${shortNumber(value)}`).join(" · ") || " "}
      </p>
      {trouble === undefined ? null : (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      <div class="buttons">
        {isOther && training.id !== undefined ? (
          <button type="button" class="button small primary" onClick={onGoOn}>
            Go on with these
          </button>
        ) : null}
        {run === undefined ? null : (
          <a class="quiet line" href={`/run/${pathOf(run)}`}>
            {run}
          </a>
        )}
      </div>
    </section>
  );
}
