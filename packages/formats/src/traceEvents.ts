// Chrome's trace event format, which chrome://tracing and Perfetto open: JSON, of which only complete events ("ph": "X") and
// names are written here. Source: "Trace Event Format", Google, sections "JSON Object Format" and "Complete Events".
import { writeFileAtomically } from "./files.js";

/** Something that took time, on one of the trace's tracks. */
export interface TraceEvent {
  readonly name: string;
  /** What kind of thing it is: viewers colour and filter by it. */
  readonly category: string;
  /** A track's name. Events of one track lie apart or within each other. */
  readonly track: string;
  /** Microseconds. */
  readonly start: number;
  /** Microseconds. */
  readonly duration: number;
}

/** Characters joined before they become bytes. */
const BLOCK = 1 << 20;

/**
 * Writes a trace.
 * @param process what the whole is called
 * @param about facts for whoever opens it
 * @throws FormatError when the file cannot be written
 */
export async function writeTrace(
  path: string,
  events: Iterable<TraceEvent>,
  process: string,
  about: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let text = `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n`;
  const nameOf = (what: "process_name" | "thread_name", tid: number, name: string) =>
    JSON.stringify({ name: what, ph: "M", pid: 1, tid, args: { name } });
  text += nameOf("process_name", 0, process);
  const tracks = new Map<string, number>();
  const round = (microseconds: number) => Math.round(microseconds * 1000) / 1000;
  for (const { name, category, track, start, duration } of events) {
    let tid = tracks.get(track);
    if (tid === undefined) {
      tid = tracks.size + 1;
      tracks.set(track, tid);
      text += `,\n${nameOf("thread_name", tid, track)}`;
    }
    const event = { name, cat: category, ph: "X", pid: 1, tid, ts: round(start), dur: round(duration) };
    text += `,\n${JSON.stringify(event)}`;
    if (text.length < BLOCK) continue;
    pieces.push(encoder.encode(text));
    text = "";
  }
  pieces.push(encoder.encode(`${text}\n]}\n`));
  await writeFileAtomically(path, pieces);
}
