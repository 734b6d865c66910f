import { spawn } from "node:child_process";

/** Opens an address in the browser, where there is one: who looks from elsewhere has the address. */
export function openBrowser(address: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const words =
    process.platform === "darwin"
      ? ["open", address]
      : process.platform === "win32"
        ? ["rundll32", "url.dll,FileProtocolHandler", address]
        : (DISPLAY ?? WAYLAND_DISPLAY) === undefined
          ? undefined
          : ["xdg-open", address];
  if (words === undefined) return;
  const child = spawn(words[0]!, words.slice(1), { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
