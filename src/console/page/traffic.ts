import { useEffect, useMemo, useState } from "react";
import type { Answered } from "../../aws/answered.ts";
import type { Told } from "./told.ts";

/** Milliseconds for which it is remembered which way they took. */
const REMEMBERED = 3_600_000;

/** Which way requests took in the last hour, oldest first: what was before the page came is asked for once, what comes is told. */
export function useTraffic({ traffic }: Told): readonly Answered[] {
  const [rows, setRows] = useState<ReadonlyMap<string, Answered>>(new Map());
  useEffect(() => {
    fetch("traffic")
      .then((answer) => (answer.ok ? answer.json() : []))
      .then((earlier: readonly Answered[]) => setRows((known) => new Map([...keyed(earlier), ...known])))
      .catch(() => {});
  }, []);
  useEffect(() => {
    if (!traffic?.found) return;
    const { found, now } = traffic;
    // A second that was not over is told again.
    setRows((known) => new Map([...[...known].filter(([, { at }]) => at >= now - REMEMBERED), ...keyed(found)]));
  }, [traffic]);
  return useMemo(() => [...rows.values()].sort((one, other) => one.at - other.at), [rows]);
}

function keyed(rows: readonly Answered[]): [string, Answered][] {
  return rows.map((row) => [`${row.at} ${row.listenerArn} ${row.priority} ${row.target ?? row.targetGroupArn}`, row]);
}
