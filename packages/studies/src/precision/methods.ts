/** The precisions that are compared, with the colours of their lines. */
export const methods = [
  { name: "float32", summary: "every number in float32", colour: "#1f5fbf" },
  { name: "bfloat16", summary: "convolutions and products in bfloat16, by autocast", colour: "#d95f02" },
] as const;
