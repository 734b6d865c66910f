import { useEffect, useRef } from "preact/hooks";

/** What keys do on this page, by what `KeyboardEvent.key` calls them. Not while something is written, and not with Ctrl or the like. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement;
      const isWriting =
        /^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName) && on.getAttribute("type") !== "checkbox";
      const isPressed = /^(BUTTON|A|SUMMARY)$/.test(on.tagName) && [" ", "Enter"].includes(event.key);
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null)
        return;
      const action = now.current[event.key];
      // A slider leaves letters and the space bar to the page.
      const isSlider = on.getAttribute("type") === "range" && !event.key.startsWith("Arrow");
      if (action === undefined || isPressed || (isWriting && !isSlider && event.key !== "Escape")) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
