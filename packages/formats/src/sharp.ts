let loaded: Promise<typeof import("sharp").default> | undefined;

/** sharp, which decodes and draws pictures: loaded when it is first needed, since its libraries take time to load. */
export function loadSharp(): Promise<typeof import("sharp").default> {
  loaded ??= import("sharp").then((module) => module.default);
  return loaded;
}
