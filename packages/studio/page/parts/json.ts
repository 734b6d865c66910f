import { useEffect, useRef, useState } from "preact/hooks";

export interface Told<Data> {
  readonly data: Data | undefined;
  /** Why there is none, or no newer one. */
  readonly trouble: string | undefined;
  /** Asks again at once. */
  readonly again: () => void;
}

/**
 * What an address tells, asked for again and again while the page is seen.
 * @param pause milliseconds until the next time, by what was told the last time; default 2500
 */
export function useJson<Data>(address: string, pause: (data: Data) => number = () => 2500): Told<Data> {
  const [told, setTold] = useState<{ address: string; data?: Data; trouble?: string }>({ address });
  const [asked, setAsked] = useState(0);
  const pauseOf = useRef(pause);
  pauseOf.current = pause;
  const last = useRef<{ page: string; data: Data }>(undefined);
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    let etag: string | null = null;
    const page = address.replace(/\?.*/, "");
    const ask = async () => {
      let next = 2500;
      try {
        // With other headers it is not what the shell has asked for already.
        const headers = /\.json(\?|$)/.test(address) ? {} : { accept: "application/json" };
        const response = await fetch(address, { headers, signal: control.signal });
        const isSame = etag !== null && response.headers.get("etag") === etag;
        if (response.headers.get("content-type")?.includes("json") !== true)
          throw new Error((await response.text()).trim());
        if (!isSame || !response.ok) {
          const body = (await response.json()) as Data & { message?: string };
          if (!response.ok) throw new Error(body.message ?? response.statusText);
          etag = response.headers.get("etag");
          last.current = { page, data: body };
          setTold({ address, data: body });
        }
        if (last.current !== undefined) next = pauseOf.current(last.current.data);
      } catch (error) {
        if (control.signal.aborted) return;
        const why = (error as Error).message;
        const trouble = error instanceof TypeError ? "The studio does not answer: was it stopped?" : why;
        etag = null;
        setTold((before) => ({ ...before, address, trouble }));
      }
      timer = window.setTimeout(() => void ask(), next);
      if (document.hidden) clearTimeout(timer);
    };
    const wake = () => {
      clearTimeout(timer);
      if (!document.hidden) void ask();
    };
    document.addEventListener("visibilitychange", wake);
    void ask();
    return () => {
      control.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [address, asked]);
  // Of the same page under other settings, what was there stays until there is more.
  const page = address.replace(/\?.*/, "");
  const data = told.data !== undefined && told.address === address ? told.data : undefined;
  const stale = last.current?.page === page ? last.current.data : undefined;
  return { data: data ?? stale, trouble: told.trouble, again: () => setAsked((count) => count + 1) };
}

/** Does something, as a click wishes. @returns what became of it @throws Error saying why nothing did */
export async function post(address: string, body: unknown = {}): Promise<string> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const { message } = (await response.json()) as { message: string };
  if (!response.ok) throw new Error(message);
  return message;
}
