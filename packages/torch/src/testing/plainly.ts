import { computePlainly, type RewriteName } from "../nn/rewrites.js";

/** What `body` returns with these rewrites switched off. */
export function plainly<T>(names: readonly RewriteName[], body: () => T): T {
  computePlainly(names);
  try {
    return body();
  } finally {
    computePlainly([]);
  }
}
