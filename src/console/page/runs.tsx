import type { RunSummary } from "../../runs/kept.ts";
import { timelineOf } from "../../runs/timeline.ts";
import { duration } from "../../terminal/duration.ts";
import { CommandToType } from "./command.tsx";
import { moment } from "./format.ts";
import { useEvents } from "./run-events.ts";
import { TimelineView } from "./timeline.tsx";
import type { Told } from "./told.ts";
import { words } from "./words.ts";

/** All runs that are kept, or one of them. */
export function RunsView({ told, number }: { readonly told: Told; readonly number: number | undefined }) {
  if (number !== undefined) return <OneRun told={told} number={number} />;
  const { runs = [] } = told;
  if (runs.length === 0) return <p>{words.noRuns}</p>;
  return (
    <div className="table">
      <table>
        <thead>
          <tr>
            <th>#</th>
            <th>{words.run}</th>
            <th>{words.stack}</th>
            <th>{words.started}</th>
            <th>{words.took}</th>
            <th>{words.end}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.number}>
              <td>
                <a href={`#runs/${run.number}`}>{run.number}</a>
              </td>
              <td>
                <a href={`#runs/${run.number}`}>{run.command}</a>
              </td>
              <td>
                {run.stack} · {run.target} · {run.region}
              </td>
              <td>{moment(run.startedAt)}</td>
              <td>{run.ms === undefined ? "" : duration(run.ms)}</td>
              <td className={lookOf(run)}>{endOf(run)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function endOf({ state, exitCode }: RunSummary): string {
  if (state !== "ended") return words[state];
  return exitCode === 0 ? "ok" : `exit ${exitCode}`;
}

function lookOf({ state, exitCode }: RunSummary): string {
  if (state === "running") return "warn";
  return exitCode === 0 ? "good" : "bad";
}

function OneRun({ told, number }: { readonly told: Told; readonly number: number }) {
  const events = useEvents(told, number);
  const isRunning = told.runs?.find((run) => run.number === number)?.state === "running";
  const timeline = events && timelineOf(events, isRunning ? Date.now() : undefined);
  return (
    <>
      <p>
        <a href="#runs">{words.back}</a>
      </p>
      {timeline && <TimelineView timeline={timeline} />}
      {timeline && (
        <>
          <p>{words.asFile}</p>
          <CommandToType
            command={`${told.stack?.commands.runs ?? "bia-infra runs"} show ${number} --html run-${number}.html`}
          />
        </>
      )}
    </>
  );
}
