import { useEffect, useState } from "react";
import type { KeptEvent } from "../../runs/kept.ts";
import type { Told } from "./told.ts";

/** What a run said: the newest as it comes, an earlier one asked for once. */
export function useEvents(told: Told, number: number): readonly KeptEvent[] | undefined {
  const [earlier, setEarlier] = useState<{ number: number; events: KeptEvent[] }>();
  const isNewest = told.run?.number === number;
  useEffect(() => {
    if (isNewest) return;
    let isWanted = true;
    fetch(`runs/${number}`)
      .then((answer) => (answer.ok ? answer.json() : []))
      .then((events) => isWanted && setEarlier({ number, events }))
      .catch(() => {});
    return () => {
      isWanted = false;
    };
  }, [number, isNewest]);
  if (isNewest) return told.run?.events;
  return earlier?.number === number ? earlier.events : undefined;
}
