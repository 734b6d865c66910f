import type { SampleRequest, Samples } from "@gantry/web";
import type { Opened } from "@gantry/web/engine";
import { useEffect, useRef, useState } from "preact/hooks";
import { Networks } from "./networks.js";

export interface Loaded {
  readonly networks: Networks | undefined;
  /** Of the generator that is shown. */
  readonly about: Opened | undefined;
  readonly trouble: string | undefined;
}

/** A run's networks in this page, and the generator of a checkpoint. */
export function useNetworks(run: string, iteration: number | undefined): Loaded {
  const [networks, setNetworks] = useState<Networks>();
  const [told, setTold] = useState<{ about?: Opened; trouble?: string }>({});
  useEffect(() => {
    const made = new Networks(run);
    setNetworks(made);
    return () => made.close();
  }, [run]);
  useEffect(() => {
    if (networks === undefined || iteration === undefined) return;
    let gone = false;
    setTold(({ about }) => (about === undefined ? {} : { about }));
    networks.generator(iteration).then(
      (about) => !gone && setTold({ about }),
      (error: Error) => !gone && setTold({ trouble: error.message }),
    );
    return () => {
      gone = true;
    };
  }, [networks, iteration]);
  return { networks, about: told.about, trouble: told.trouble };
}

/**
 * Samples of what is asked for now. While one batch is made the last wish waits, and those between are left out.
 * @param key of the request: asked again where it changes
 */
export function useSamples(
  { networks, about }: Loaded,
  iteration: number | undefined,
  key: string,
  request: () => SampleRequest,
): Samples | undefined {
  const [made, setMade] = useState<Samples>();
  const wish = useRef<() => Promise<void>>(undefined);
  const busy = useRef(false);
  useEffect(() => {
    if (networks === undefined || about === undefined || iteration === undefined) return;
    wish.current = async () => {
      const samples = await networks.sample(iteration, request()).catch(() => undefined);
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
  }, [networks, about, iteration, key]);
  return made;
}
