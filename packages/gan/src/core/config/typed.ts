import type { z } from "zod";
import type { Json } from "../base/json.js";
import type { AddedTerm } from "../base/setting.js";
import type { priorSchema } from "../nets/prior.js";
import type { KnownFamilies, KnownTerms } from "./known_gen.js";
import type { configSchema, OptimizerConfig } from "./schema.js";

export type TermName = keyof KnownTerms & string;

/** A term's options as they are given: what has a default may be left out. */
export type TermSettings<Name extends TermName> = z.input<KnownTerms[Name]["options"]>;

/** A term's options with every default filled in. */
export type TermOptions<Name extends TermName> = z.output<KnownTerms[Name]["options"]>;

/** A term to be added, as it is written. */
export type Added = AddedTerm;

/** What is none of a type's keys is `never`, so that a mistyped one does not compile. */
type Exactly<Given, Allowed> = {
  readonly [Key in keyof Given]: Key extends keyof Allowed ? Allowed[Key] : never;
};

/** The options of every known term that is added, checked; those of others are any. */
export type Checked<Terms extends readonly Added[]> = {
  readonly [Place in keyof Terms]: Terms[Place]["name"] extends TermName
    ? {
        readonly name: Terms[Place]["name"];
        readonly options: Exactly<Terms[Place]["options"], TermSettings<Terms[Place]["name"]>>;
      }
    : Added;
};

/** The options of the terms that were added by names that TypeScript knows. */
export type OptionsOf<Terms extends readonly Added[]> = string extends Terms[number]["name"]
  ? unknown
  : { readonly [Name in Terms[number]["name"] & TermName]: TermOptions<Name> };

/** Of a union of objects, every key that any has, with what it is there. */
type AnyOf<Union> = {
  [Key in Union extends unknown ? keyof Union : never]?: Union extends unknown
    ? Key extends keyof Union
      ? Union[Key]
      : never
    : never;
};

type FamilySettings = AnyOf<
  { [Name in keyof KnownFamilies]: z.input<KnownFamilies[Name]["options"]> }[keyof KnownFamilies]
>;

/** All that can be set and is known by name. */
type Settable = Omit<
  z.input<typeof configSchema>,
  "version" | "recipe" | "data" | "net" | "terms" | "optimizers"
> & {
  net: FamilySettings & { family?: string; prior?: Partial<z.input<typeof priorSchema>> };
  terms: { [Name in TermName]: TermSettings<Name> };
};

type IsObject<Value> = Value extends readonly unknown[] ? false : Value extends object ? true : false;

type PathOf<Value> = {
  [Key in keyof Value & string]:
    | Key
    | (true extends IsObject<NonNullable<Value[Key]>> ? `${Key}.${PathOf<NonNullable<Value[Key]>>}` : never);
}[keyof Value & string];

type At<Value, Path extends string> = Path extends `${infer First}.${infer Rest}`
  ? First extends keyof Value
    ? At<NonNullable<Value[First]>, Rest>
    : never
  : Path extends keyof Value
    ? Value[Path]
    : never;

type OptimizerSettings = AnyOf<OptimizerConfig>;

/**
 * Settings by their paths, as `--set` has them: `{ "terms.r1.gamma": 10, "schedule.discriminatorSteps": 5 }`. A path that there
 * is not, and a value of another type, do not compile. Options of data sets are of any type.
 */
export type SettingsByPath = {
  readonly [Path in PathOf<Settable>]?: At<Settable, Path> | null;
} & { readonly [Path in `data.${string}`]?: Json } & {
  readonly [Key in keyof OptimizerSettings &
    string as `optimizers.${string}.${Key}`]?: OptimizerSettings[Key];
};
