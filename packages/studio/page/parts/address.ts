import { useEffect, useState } from "preact/hooks";

const CHANGED = "gantry:address";

/** Goes to another address of the studio's, or changes this one. */
export function go(address: string | URL, { replace = false } = {}): void {
  const to = new URL(address, location.href);
  if (to.href === location.href) return;
  const isSamePage = to.pathname === location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  if (!isSamePage) scrollTo(0, 0);
  dispatchEvent(new Event(CHANGED));
}

/** Changes a part of what stands behind the `?`; null takes it away. */
export function choose(parts: Readonly<Record<string, string | null>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parts))
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  go(url, { replace: true });
}

/** This page's address, as it changes. Links within the studio are followed without loading it anew. */
export function useAddress(): URL {
  const [url, setUrl] = useState(() => new URL(location.href));
  useEffect(() => {
    const update = () => setUrl(new URL(location.href));
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
    addEventListener("popstate", update);
    addEventListener(CHANGED, update);
    addEventListener("click", follow);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(CHANGED, update);
      removeEventListener("click", follow);
    };
  }, []);
  return url;
}

/** A run's id as a path: what stands between its `/` may be anything. */
export const pathOf = (id: string): string => id.split("/").map(encodeURIComponent).join("/");
