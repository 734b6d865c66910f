import { useEffect, useState } from "preact/hooks";

export interface Playing {
  readonly on: boolean;
  readonly toggle: () => void;
}

/**
 * Goes from one place to the next until the end; begun at the end, from the beginning.
 * @param rate pictures a second
 */
export function usePlaying(place: number, end: number, rate: number, show: (place: number) => void): Playing {
  const [on, setOn] = useState(false);
  useEffect(() => {
    if (!on) return;
    if (place >= end) {
      setOn(false);
      return;
    }
    const timer = setTimeout(() => show(place + 1), 1000 / rate);
    return () => clearTimeout(timer);
  }, [on, place, end, rate]);
  const toggle = () => {
    if (!on && place >= end) show(0);
    setOn(!on);
  };
  return { on, toggle };
}
