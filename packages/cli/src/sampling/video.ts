import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { extname } from "node:path";
import type { Pixels } from "@gantry/formats";
import { UsageProblem } from "../errors.js";

/** Frames in a second: times are rounded to whole ones of them. */
const RATE = 20;

/**
 * Writes frames as H.264 in MP4, by the ffmpeg that is installed.
 * @param delays milliseconds that each is shown for
 * @throws UsageProblem where there is none; Error with ffmpeg's last line where it fails
 */
export async function writeVideo(
  out: string,
  frames: readonly Pixels[],
  delays: readonly number[],
): Promise<void> {
  const { frameSize, rgb } = await import("@gantry/formats");
  const [height, width] = frameSize(frames);
  const input = [
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "-s",
    `${width}x${height}`,
    "-r",
    String(RATE),
    "-i",
    "-",
  ];
  // H.264 halves the resolution of colours, so that sides are even.
  const even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"];
  const output = ["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart"];
  const partial = `${out.slice(0, -extname(out).length)}.partial.mp4`;
  const child = spawn("ffmpeg", ["-y", "-loglevel", "error", ...input, ...even, ...output, partial], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  // What it does not take it says on its own.
  child.stdin.on("error", () => {});
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  ended.catch(() => {});
  try {
    for (const [i, frame] of frames.entries()) {
      const bytes = rgb(frame);
      for (let shown = 0; shown < Math.max(1, Math.round(((delays[i] ?? 0) * RATE) / 1000)); shown++)
        if (!child.stdin.write(bytes))
          await Promise.race([new Promise((go) => child.stdin.once("drain", go)), ended]);
    }
    child.stdin.end();
    const status = await ended;
    if (status !== 0) throw new Error(`${out}: ffmpeg failed: ${said.trim().split("\n").at(-1) ?? status}`);
    const { rename } = await import("node:fs/promises");
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UsageProblem(
        `${out}: MP4 is written by ffmpeg, and none is installed; install it (apt-get install ffmpeg), or take FILE.gif or FILE.webp`,
      );
    throw error;
  }
}
