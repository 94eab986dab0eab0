import { useState } from "react";
import type { Bar, Timeline } from "../../runs/timeline.ts";
import { duration } from "../../terminal/duration.ts";
import { moment } from "./format.ts";
import { words } from "./words.ts";

/** A run as bars on a scale of time, by stage; below them how many calls were under way. */
export function TimelineView({ timeline }: { readonly timeline: Timeline }) {
  const [chosen, choose] = useState<string>();
  const { run, bars, report, goesOn } = timeline;
  const stages = run.stages.filter(({ name }) => bars.some(({ stage }) => stage === name));
  return (
    <section className="timeline" aria-label={`${run.command} ${moment(run.at)}`}>
      <header>
        <h2>
          {run.command} · {run.stack}
        </h2>
        <p>
          {run.target} · {run.region} · {moment(run.at)} · {duration(timeline.ms)}
          {" · "}
          {report
            ? report.exitCode === 0
              ? "ok"
              : `exit ${report.exitCode}`
            : words[goesOn ? "running" : "broken-off"]}
        </p>
        <p className="legend">
          <i className="bar working" /> {words.working} <i className="bar waiting" /> {words.waiting}{" "}
          <i className="bar critical" /> {words.critical}
          {report?.criticalPath && ` ${duration(report.criticalPath.ms)}`}
          {report?.criticalPath && report.speed !== undefined && ` ${words.ofTheFastClock}`}
        </p>
      </header>
      {stages.map(({ name, title }) => (
        <div key={name} className="lanes">
          <h3>{title}</h3>
          {bars
            .filter(({ stage }) => stage === name)
            .map((bar) => (
              <Lane key={bar.task} bar={bar} ms={timeline.ms} isChosen={bar.task === chosen} choose={choose} />
            ))}
        </div>
      ))}
      <Calls timeline={timeline} />
      {report?.error && <Trouble what={report.error.what} why={report.error.why} next={report.error.next} />}
    </section>
  );
}

interface LaneProps {
  readonly bar: Bar;
  readonly ms: number;
  readonly isChosen: boolean;
  /** Undefined: none. */
  readonly choose: (task: string | undefined) => void;
}

function Lane({ bar, ms, isChosen, choose }: LaneProps) {
  const place = placed(ms);
  const kind = bar.end === "failed" ? "failed" : bar.isCritical ? "critical" : "";
  return (
    <>
      <button
        type="button"
        className={`lane ${isChosen ? "chosen" : ""}`}
        aria-expanded={isChosen}
        onClick={() => choose(isChosen ? undefined : bar.task)}
      >
        <span className="name">{bar.title}</span>
        <span className="track">
          <i className={`bar working ${kind}`} style={place(bar.from, bar.to)} />
          {bar.waits.map((wait) => (
            <i key={wait.from} className={`bar waiting ${kind}`} style={place(wait.from, wait.to)} />
          ))}
        </span>
        <span className="took">{duration(bar.to - bar.from)}</span>
      </button>
      {isChosen && <Detail bar={bar} />}
    </>
  );
}

/** Where a span of time is on a track, in per cent. */
function placed(ms: number) {
  const percent = (time: number) => (100 * time) / Math.max(1, ms);
  return (from: number, to: number) => ({ left: `${percent(from)}%`, width: `max(2px, ${percent(to - from)}%)` });
}

function Detail({ bar }: { readonly bar: Bar }) {
  return (
    <aside className="detail">
      <h3>{bar.title}</h3>
      <p>
        {bar.end} · {duration(bar.to - bar.from)} {bar.detail && `· ${bar.detail}`}
      </p>
      {bar.waits.length > 0 && (
        <ul>
          {bar.waits.map((wait) => (
            <li key={wait.from}>
              {duration(wait.to - wait.from)} {wait.reason}
            </li>
          ))}
        </ul>
      )}
      {bar.error && <Trouble {...bar.error} />}
    </aside>
  );
}

function Trouble({ what, why, next }: { readonly what: string; readonly why: string; readonly next: string }) {
  return (
    <div className="trouble" role="alert">
      <strong>{what}</strong>
      <p>{why}</p>
      {next && <p>{next}</p>}
    </div>
  );
}

/** Columns of the picture of calls. */
const COLUMNS = 120;

function Calls({ timeline: { calls, most, ms } }: { readonly timeline: Timeline }) {
  if (calls.length === 0) return null;
  const step = Math.max(1, ms) / COLUMNS;
  const under = Array.from({ length: COLUMNS }, (_, column) => {
    const [from, to] = [column * step, (column + 1) * step];
    return calls.filter((call) => call.from < to && call.from + call.ms >= from);
  });
  const highest = Math.max(1, ...under.map((some) => some.length));
  const changing = calls.filter((call) => call.changing).length;
  return (
    <div className="calls">
      <h3>
        {calls.length} {words.calls} · {changing} {words.changing}
      </h3>
      <div className="columns" aria-hidden="true">
        {under.map((some, column) => (
          <i
            // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
            key={column}
            className={some.some((call) => call.changing) ? "changing" : ""}
            style={{ height: `${(100 * some.length) / highest}%` }}
            title={[...new Set(some.map(({ service, operation }) => `${service}:${operation}`))].join("\n")}
          />
        ))}
      </div>
      <p>
        {words.mostOften}: {most.map(({ operation, count }) => `${operation} ${count}`).join(", ")}
      </p>
    </div>
  );
}
