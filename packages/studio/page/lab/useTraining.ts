import type { LabCommand, LabFrame, LabMessage } from "@gantry/gan/lab";
import { useEffect, useRef, useState } from "preact/hooks";

export type Opened = Extract<LabMessage, { say: "opened" }>;

/** A training on the server that this page watches. */
export interface Training {
  /** Undefined before it was begun. */
  readonly id: string | undefined;
  readonly opened: Opened | undefined;
  readonly frame: LabFrame | undefined;
  readonly scalars: Readonly<Record<string, number>>;
  readonly trouble: string | undefined;
  /** Begins one in the place of what was there. */
  readonly begin: (order: object) => Promise<void>;
  /** Has something done. @returns whether a frame came of it */
  readonly perform: (command: LabCommand) => Promise<boolean>;
  readonly close: () => void;
}

interface Seen {
  readonly id?: string;
  readonly opened?: Opened;
  readonly frame?: LabFrame;
  readonly scalars?: Readonly<Record<string, number>>;
  readonly trouble?: string;
}

/** Sends something to the server. @throws Error with what it says */
export async function send<Answer>(address: string, body: unknown): Promise<Answer> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Answer & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? response.statusText);
  return answer;
}

export function useTraining(): Training {
  const [seen, setSeen] = useState<Seen>({});
  const source = useRef<EventSource>(undefined);
  const id = useRef<string>(undefined);
  const waiting = useRef<((came: boolean) => void)[]>([]);
  const settle = (came: boolean) => {
    for (const answer of waiting.current.splice(0)) answer(came);
  };
  const leave = () => {
    source.current?.close();
    source.current = undefined;
    id.current = undefined;
    settle(false);
  };
  useEffect(() => leave, []);

  const hear = (message: LabMessage) => {
    if (message.say === "opened") setSeen((before) => ({ ...before, opened: message }));
    if (message.say === "frame") {
      setSeen(({ trouble: _, ...before }) => ({ ...before, frame: message.frame, scalars: message.scalars }));
      settle(true);
    }
    if (message.say === "error") {
      setSeen((before) => ({ ...before, trouble: message.message }));
      settle(false);
    }
    if (message.say === "ended") leave();
  };

  const begin = async (order: object) => {
    try {
      const answer = await send<{ id: string }>("/lab", order);
      leave();
      id.current = answer.id;
      setSeen(({ frame }) => ({ id: answer.id, ...(frame === undefined ? {} : { frame }) }));
      const first = new Promise<boolean>((came) => waiting.current.push(came));
      const events = new EventSource(`/lab/${answer.id}/events`);
      source.current = events;
      events.onmessage = ({ data }) => hear(JSON.parse(data as string) as LabMessage);
      events.onerror = () => {
        if (source.current === events) leave();
      };
      await first;
    } catch (error) {
      setSeen((before) => ({ ...before, trouble: (error as Error).message }));
    }
  };

  const perform = async (command: LabCommand): Promise<boolean> => {
    if (id.current === undefined) return false;
    const came = new Promise<boolean>((answer) => waiting.current.push(answer));
    try {
      await send(`/lab/${id.current}`, command);
      return await came;
    } catch (error) {
      setSeen((before) => ({ ...before, trouble: (error as Error).message }));
      leave();
      return false;
    }
  };

  return {
    id: seen.id,
    opened: seen.opened,
    frame: seen.frame,
    scalars: seen.scalars ?? {},
    trouble: seen.trouble,
    begin,
    perform,
    close: () => {
      if (id.current !== undefined) void send(`/lab/${id.current}`, { do: "close" }).catch(() => {});
      leave();
      setSeen({});
    },
  };
}
