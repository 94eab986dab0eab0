import { timeTicks } from "d3-time";
import type { CSSProperties } from "react";
import type { Span } from "../../runs/requests.ts";

/** Marks on a scale, about. */
const MARKS = 5;

/** Where a time is on a track of a span, and how wide what lasts is; what is outside is cut off. */
export function placedOn({ from, to }: Span) {
  const percent = (at: number) => (100 * (Math.min(Math.max(at, from), to) - from)) / Math.max(1, to - from);
  return (begin: number, end: number): CSSProperties => ({
    left: `${percent(begin)}%`,
    width: `${percent(end) - percent(begin)}%`,
  });
}

/** The times of day below what is drawn over a span, in the column of the tracks. */
export function TimeScale({ span }: { readonly span: Span }) {
  const place = placedOn(span);
  return (
    <div className="life scale" aria-hidden="true">
      <span className="name" />
      <span className="track">
        {timeTicks(new Date(span.from), new Date(span.to), MARKS).map((mark) => (
          <span key={mark.getTime()} className="mark" style={{ left: place(mark.getTime(), span.to).left }}>
            <span>{mark.toLocaleTimeString()}</span>
          </span>
        ))}
      </span>
    </div>
  );
}
