import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** Names of this machine to itself: a page elsewhere whose name leads here sends its own. */
const OWN_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** What nothing but the studio's own pages needs is forbidden to them. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** A new secret for an address, of 192 bits. */
export const newToken = (): string => randomBytes(24).toString("base64url");

const digest = (text: string) => createHash("sha256").update(text).digest();
const isSame = (given: string | undefined, token: string) =>
  given !== undefined && timingSafeEqual(digest(given), digest(token));

/**
 * Lets in who has the token, by its address, its cookie or `Authorization: Bearer`, and who asks this machine by one of its own
 * names; what changes something must come from the studio's own pages, or from a program with the token.
 */
export function guard(token: string): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context;
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    const host = req.header("host") ?? "";
    if (!OWN_NAMES.has(host.replace(/:\d+$/, ""))) return refuse(context, 403, "This is not its address.");
    // Cookies are those of every port: each studio has a name of its own.
    const cookie = `gantry-studio-${/:(\d+)$/.exec(host)?.[1] ?? 80}`;
    const origin = req.header("origin");
    if (origin !== undefined && origin !== `http://${host}`)
      return refuse(context, 403, "Pages of other origins get nothing.");
    const bearer = /^Bearer (.+)$/.exec(req.header("authorization") ?? "")?.[1];
    const url = new URL(req.url);
    const inAddress = url.searchParams.get("token");
    if (req.method === "GET" && inAddress !== null) {
      if (!isSame(inAddress, token)) return refuse(context, 401, WHERE);
      setCookie(context, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      url.searchParams.delete("token");
      // The address without the secret is the one to keep and to show.
      return context.redirect(`${url.pathname.replace(/^\/+/, "/")}${url.search}`, 303);
    }
    if (!isSame(bearer ?? getCookie(context, cookie), token)) return refuse(context, 401, WHERE);
    if (req.method !== "GET" && req.method !== "HEAD" && origin === undefined && bearer === undefined)
      return refuse(context, 403, "Only the studio's own pages change anything.");
    return await next();
  };
}

const WHERE = "Open the address that `gantry studio` printed: it holds the key.";

function refuse(context: Context, status: 401 | 403, message: string): Response {
  return context.text(`${message}\n`, status);
}
