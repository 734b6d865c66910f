import { useEffect, useState } from "preact/hooks";

const CHANGED = "gantry:address";

/** Changes of the address that browsers take at once, in so many milliseconds: Chromium ignores what goes beyond 200 in 30 seconds. */
const AT_ONCE = 100;
const SPAN = 30_000;
/** Milliseconds between those that come after. */
const PAUSE = 500;

/** The address, which the browser may be told later: while pictures are played it changes with each. */
let current: URL | undefined;
let written: number[] = [];
let timer = 0;

/** The address as the page shows it. */
export const addressNow = (): URL => current ?? new URL(location.href);

function write(): void {
  timer = 0;
  if (current === undefined) return;
  written.push(Date.now());
  history.replaceState(null, "", current);
  current = undefined;
}

function replace(to: URL): void {
  current = to;
  written = written.filter((time) => time > Date.now() - SPAN);
  if (timer === 0 && written.length < AT_ONCE) write();
  else if (timer === 0) timer = window.setTimeout(write, PAUSE);
}

/** Goes to another address of the studio's, or changes this one. */
export function go(address: string | URL, options: { readonly replace?: boolean } = {}): void {
  const from = addressNow();
  const to = new URL(address, from);
  if (to.href === from.href) return;
  if (options.replace) replace(to);
  else {
    // What was here is to be found again as it was left.
    clearTimeout(timer);
    write();
    history.pushState(null, "", to);
  }
  if (to.pathname !== from.pathname) scrollTo(0, 0);
  dispatchEvent(new Event(CHANGED));
}

/** Changes a part of what stands behind the `?`; null takes it away. */
export function choose(parts: Readonly<Record<string, string | null>>): void {
  const url = new URL(addressNow());
  for (const [name, value] of Object.entries(parts))
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  go(url, { replace: true });
}

/** This page's address, as it changes. Links within the studio are followed without loading it anew. */
export function useAddress(): URL {
  const [url, setUrl] = useState(addressNow);
  useEffect(() => {
    const update = () => setUrl(addressNow());
    const back = () => {
      clearTimeout(timer);
      timer = 0;
      current = undefined;
      update();
    };
    const follow = (event: MouseEvent) => {
      const link = (event.target as Element).closest?.("a");
      if (
        link === null ||
        link.target !== "" ||
        link.hasAttribute("download") ||
        link.origin !== location.origin
      )
        return;
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      if (/\.(json|html|png)$/.test(link.pathname) || link.getAttribute("href")?.startsWith("#")) return;
      event.preventDefault();
      go(link.href);
    };
    addEventListener("popstate", back);
    addEventListener(CHANGED, update);
    addEventListener("click", follow);
    return () => {
      removeEventListener("popstate", back);
      removeEventListener(CHANGED, update);
      removeEventListener("click", follow);
    };
  }, []);
  return url;
}

/** A run's id as a path: what stands between its `/` may be anything. */
export const pathOf = (id: string): string => id.split("/").map(encodeURIComponent).join("/");
