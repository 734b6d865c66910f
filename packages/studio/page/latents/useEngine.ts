import type { SampleRequest, Samples } from "@gantry/web";
import { useEffect, useRef, useState } from "preact/hooks";
import { Engine } from "./engine.js";
import type { About } from "./messages.js";

export interface Loaded {
  readonly engine: Engine | undefined;
  /** Of the generator that is shown. */
  readonly about: About | undefined;
  readonly trouble: string | undefined;
}

/** A run's networks in this page, and the generator of a checkpoint. */
export function useEngine(run: string, iteration: number | undefined): Loaded {
  const [engine, setEngine] = useState<Engine>();
  const [told, setTold] = useState<{ about?: About; trouble?: string }>({});
  useEffect(() => {
    const made = new Engine(run);
    setEngine(made);
    return () => made.close();
  }, [run]);
  useEffect(() => {
    if (engine === undefined || iteration === undefined) return;
    let gone = false;
    setTold(({ about }) => (about === undefined ? {} : { about }));
    engine.generator(iteration).then(
      (about) => !gone && setTold({ about }),
      (error: Error) => !gone && setTold({ trouble: error.message }),
    );
    return () => {
      gone = true;
    };
  }, [engine, iteration]);
  return { engine, about: told.about, trouble: told.trouble };
}

/**
 * Samples of what is asked for now. While one batch is made the last wish waits, and those between are left out.
 * @param key of the request: asked again where it changes
 */
export function useSamples(
  { engine, about }: Loaded,
  iteration: number | undefined,
  key: string,
  request: () => SampleRequest,
): Samples | undefined {
  const [made, setMade] = useState<Samples>();
  const wish = useRef<() => Promise<void>>(undefined);
  const busy = useRef(false);
  useEffect(() => {
    if (engine === undefined || about === undefined || iteration === undefined) return;
    wish.current = async () => {
      const samples = await engine.sample(iteration, request()).catch(() => undefined);
      if (samples !== undefined) setMade(samples);
    };
    if (busy.current) return;
    busy.current = true;
    void (async () => {
      while (wish.current !== undefined) {
        const next = wish.current;
        wish.current = undefined;
        await next();
      }
      busy.current = false;
    })();
  }, [engine, about, iteration, key]);
  return made;
}
