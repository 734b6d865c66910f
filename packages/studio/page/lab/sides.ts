/** The trainings of the lab, and what is said of them in the address when nothing is. */
export const SIDES = ["left", "right"] as const;

const DEFAULTS: Readonly<Record<string, string>> = {
  left: "gan",
  right: "reg-gan-points",
  data: "ring",
  seed: "0",
};

/** A setting of the lab, as the address has it. */
export const settingIn = (address: URL, name: string): string =>
  address.searchParams.get(name) ?? DEFAULTS[name] ?? "";
