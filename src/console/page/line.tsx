import type { CSSProperties } from "react";
import type { Door } from "../../aws/service-network.ts";
import { perSecond } from "./format.ts";
import type { Rate } from "./rates.ts";
import { words } from "./words.ts";

interface LineProps {
  readonly called: string;
  /** Where it leads to. */
  readonly to: string;
  /** Absent: nobody can say yet what lets it through. */
  readonly door: Door | undefined;
  /** Absent: it is not told. */
  readonly rate?: Rate | undefined;
}

/** The way from one place to the next: as wide as much passes, with the rules that let it through; without one it is a gap. */
export function Line({ called, to, door, rate }: LineProps) {
  const isShut = door?.by.length === 0;
  const rules = isShut ? [words.noRule] : (door?.by ?? []);
  return (
    <div
      className={isShut ? "line gap" : "line"}
      data-door={door && (isShut ? "shut" : "open")}
      data-to={to}
      data-rate={rate?.all}
    >
      <p>
        {called} {rate && <RateInWords rate={rate} />}
      </p>
      <i className="stroke" style={{ "--width": `${widthOf(rate)}px` } as CSSProperties} />
      <p className="rules">
        {rules.map((rule) => (
          <small key={rule}>{rule}</small>
        ))}
      </p>
    </div>
  );
}

/** `12.5 /s`, and what of it failed. */
export function RateInWords({ rate }: { readonly rate: Rate }) {
  return (
    <>
      <strong>{perSecond(rate.all)}</strong>
      {rate.failed > 0 && (
        <span className="bad">
          {" "}
          · {perSecond(rate.failed)} {words.failed}
        </span>
      )}
    </>
  );
}

/** Ten times as many make it three pixels wider: one and a thousand a second are both to be seen. */
function widthOf(rate: Rate | undefined): number {
  return 2 + 3 * Math.log10(1 + (rate?.all ?? 0));
}
