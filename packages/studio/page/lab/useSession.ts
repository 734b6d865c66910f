import { useEffect, useState } from "preact/hooks";
import type { LabJson } from "../../src/lab/messages.js";
import { post } from "../parts/json.js";

/** Trainings of the lab, looked at as they go on. */
export interface LookedAt {
  readonly look: LabJson | undefined;
  /** Why there is nothing to look at. */
  readonly trouble: string | undefined;
}

const NONE: LookedAt = { look: undefined, trouble: undefined };

/**
 * Looks at a session of the lab; whoever leaves the page ends it, whoever loads it anew finds it again.
 * @param id undefined for none
 */
export function useSession(id: string | undefined): LookedAt {
  const [found, setFound] = useState<LookedAt & { readonly id?: string }>(NONE);
  useEffect(() => {
    if (id === undefined) return;
    const control = new AbortController();
    const ask = async () => {
      for (let count = -1; !control.signal.aborted; ) {
        try {
          const response = await fetch(`/lab/${id}?after=${count}`, { signal: control.signal });
          const look = (await response.json()) as LabJson & { message?: string };
          if (!response.ok) throw new Error(look.message);
          if (look.count !== count) setFound({ id, look, trouble: undefined });
          count = look.count;
          // While nobody sees it, it is not asked for, and pauses.
          while (document.hidden) await new Promise((resolve) => setTimeout(resolve, 500));
        } catch (error) {
          if (!control.signal.aborted) setFound({ id, look: undefined, trouble: (error as Error).message });
          return;
        }
      }
    };
    void ask();
    return () => {
      control.abort();
      void post(`/lab/${id}/end`).catch(() => {});
    };
  }, [id]);
  return found.id === id ? found : NONE;
}
