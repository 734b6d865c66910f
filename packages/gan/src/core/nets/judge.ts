import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { validate } from "../base/validate.js";
import type { Discriminator } from "./contract.js";
import { families, type NetFamily } from "./family.js";
import { Prior } from "./prior.js";

/**
 * A family's discriminator of images, for use outside of a game.
 * @param options of the family; what is left out has its default
 * @throws UsageError for an unknown family or option, or images that it cannot take
 */
export async function makeJudge(
  familyName: string,
  options: JsonObject,
  shape: readonly number[],
): Promise<Discriminator> {
  const { family, valid } = await checkJudge(familyName, options, shape);
  return family.discriminator(valid, {
    data: { kind: "images", shape, classes: undefined },
    prior: new Prior({ size: 1, distribution: "normal" }),
    classes: undefined,
    inputShape: shape,
    latentSize: 0,
  });
}

/**
 * Looks whether {@link makeJudge} could.
 * @throws as that
 */
export async function checkJudge(
  familyName: string,
  options: JsonObject,
  shape: readonly number[],
): Promise<{ family: NetFamily; valid: Record<string, unknown> }> {
  const family = await families.get(familyName);
  const valid = validate(family.options, options, "net");
  const objection = family.check(valid, { kind: "images", shape, classes: undefined });
  if (objection !== undefined) throw new UsageError(objection);
  return { family, valid };
}
