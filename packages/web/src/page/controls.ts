import type { Code, Description } from "../description.js";
import { element } from "./elements.js";
import type { Settings } from "./settings.js";

/** A labelled field; what it shows beside the label is said by `value`. */
function field(label: string, control: HTMLElement, value?: HTMLElement): HTMLElement {
  // No output element: it would be what is labelled.
  const head = element("span", { className: "label" }, label, ...(value === undefined ? [] : [value]));
  return element("label", { className: "field" }, head, control);
}

const shown = (value: number): string => String(Math.round(value * 100) / 100);

function slider(
  label: string,
  { min, max, value, unset }: { min: number; max: number; value: number | undefined; unset?: string },
  onInput: (value: number) => void,
): HTMLElement {
  const output = element("span", { className: "value" }, value === undefined ? (unset ?? "") : shown(value));
  const input = element("input", { type: "range", min: String(min), max: String(max), step: "0.01" });
  input.value = String(value ?? (min + max) / 2);
  input.addEventListener("input", () => {
    output.textContent = shown(input.valueAsNumber);
    onInput(input.valueAsNumber);
  });
  return field(label, input, output);
}

/** A choice of several; the first stands for none. */
function choice(
  label: string,
  none: string,
  options: readonly string[],
  value: number | undefined,
  onChange: (value: number | undefined) => void,
): HTMLElement {
  const select = element(
    "select",
    {},
    element("option", { value: "" }, none),
    ...options.map((option, i) => element("option", { value: String(i) }, option)),
  );
  select.value = value === undefined ? "" : String(value);
  select.addEventListener("change", () => onChange(select.value === "" ? undefined : Number(select.value)));
  return field(label, select);
}

export function seedField(label: string, value: number, onChange: (seed: number) => void): HTMLInputElement {
  const input = element("input", { type: "number", min: "0", step: "1", inputMode: "numeric" });
  input.value = String(value);
  input.setAttribute("aria-label", label);
  input.addEventListener("change", () => {
    if (Number.isSafeInteger(input.valueAsNumber) && input.valueAsNumber >= 0) onChange(input.valueAsNumber);
  });
  return input;
}

function codeField(code: Code, place: number, settings: Settings, onChange: () => void): HTMLElement {
  const label = `Code ${place + 1}`;
  const set = (value: number | undefined) => {
    settings.codes[place] = value;
    onChange();
  };
  const value = settings.codes[place];
  return code.kind === "continuous"
    ? slider(label, { min: -2, max: 2, value, unset: "as drawn" }, set)
    : choice(
        label,
        "as drawn",
        Array.from({ length: code.length }, (_, i) => String(i)),
        value,
        set,
      );
}

/** What this generator lets a visitor choose, beside the seed. */
export function makeControls(
  { prior, classes }: Description,
  hasPsi: boolean,
  settings: Settings,
  onChange: () => void,
): HTMLElement[] {
  const made: HTMLElement[] = [];
  if (classes !== undefined) {
    const names = classes.names ?? Array.from({ length: classes.count }, (_, i) => String(i));
    made.push(
      choice("Class", "all in turn", names, settings.class, (value) => {
        settings.class = value;
        onChange();
      }),
    );
  }
  if (hasPsi)
    made.push(
      slider("Psi: how far from the mean", { min: 0, max: 1.5, value: settings.psi }, (value) => {
        settings.psi = value;
        onChange();
      }),
    );
  for (const [i, code] of prior.codes.entries()) made.push(codeField(code, i, settings, onChange));
  return made;
}
