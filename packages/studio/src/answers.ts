import { createHash } from "node:crypto";
import type { Context } from "hono";

/** A page's numbers, for who asks for them by the address or by what it accepts. */
export const wantsJson = ({ req }: Context): boolean =>
  req.path.endsWith(".json") || /\bapplication\/json\b/.test(req.header("accept") ?? "");

export const json = (context: Context, value: unknown): Response =>
  answer(context, Buffer.from(JSON.stringify(value)), "application/json; charset=utf-8");

/** Nothing, where the browser has it already. */
export function answer(context: Context, bytes: Uint8Array, type: string, version?: string): Response {
  const etag = version ?? `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  context.header("etag", etag);
  context.header("cache-control", "no-cache");
  context.header("vary", "accept");
  if (context.req.header("if-none-match") === etag) return context.body(null, 304);
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, { "content-type": type });
}
