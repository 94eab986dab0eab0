import { useState } from "react";
import type { ServiceLives } from "../../aws/service-lives.ts";
import type { Report } from "../../engine/event.ts";
import type { KeptEvent, LivesKept, RunSummary } from "../../runs/kept.ts";
import { byBody, byRevision, type Counted, requestsOver, type Span } from "../../runs/requests.ts";
import { duration } from "../../terminal/duration.ts";
import { moment } from "./format.ts";
import { Deployments, Events, Tasks } from "./lives.tsx";
import { NothingFound } from "./nothing-found.tsx";
import { RequestsChart } from "./requests.tsx";
import { useEvents } from "./run-events.ts";
import { TimeScale } from "./time-scale.tsx";
import { runsOfStack, type Told } from "./told.ts";
import { useTraffic } from "./traffic.ts";
import { versionIn } from "./versions.ts";
import { words } from "./words.ts";

/** Commands that put a service on a revision. */
const ROLLS = ["deploy-version", "rollback", "restart"];

/** Past runs that are offered. */
const MOST_RUNS = 12;

/** The deployments of the service side by side, its requests and the life of each task: as it is now, or as a deploy left it. */
export function DeployView({ told, number }: { readonly told: Told; readonly number: number | undefined }) {
  const past = runsOfStack(told).filter(({ command }) => ROLLS.includes(command));
  return (
    <>
      <nav className="tools" aria-label={words.deploy}>
        <a href="#deploy" aria-current={number === undefined ? "page" : undefined}>
          {words.now}
        </a>
        {past.slice(0, MOST_RUNS).map((run) => (
          <a key={run.number} href={`#deploy/${run.number}`} aria-current={run.number === number ? "page" : undefined}>
            {run.command} {moment(run.startedAt)} <Ended run={run} />
          </a>
        ))}
      </nav>
      {number === undefined ? <Now told={told} /> : <Past told={told} number={number} />}
    </>
  );
}

function Ended({ run: { state, exitCode } }: { readonly run: RunSummary }) {
  if (state !== "ended") return <span className="warn">…</span>;
  return exitCode === 0 ? <span className="good">✓</span> : <span className="bad">✕</span>;
}

const MINUTE = 60_000;

/** How far one can look back, in milliseconds; the first: to the beginning of the last deploy, if it is not long ago. */
const BACK = [undefined, 5 * MINUTE, 60 * MINUTE] as const;

function Now({ told }: { readonly told: Told }) {
  const [back, look] = useState<(typeof BACK)[number]>(undefined);
  const answered = useTraffic(told);
  const { service, stack, traffic } = told;
  if (!service?.found) return <NothingFound looked={service} repair={stack?.commands.createAll} />;
  const lives = service.found;
  const to = Math.max(service.now, traffic?.now ?? 0);
  const span = { from: back === undefined ? lastDeploy(lives, to) : to - back, to };
  // A second that is not over would look like a gap.
  const over = byRevision(answered, lives).filter(({ at, ms }) => at + ms <= to);
  return (
    <>
      <Deployments lives={lives} />
      <fieldset className="tools">
        <legend>{words.lookBack}</legend>
        {BACK.map((one) => (
          <button key={one ?? 0} type="button" aria-pressed={one === back} onClick={() => look(one)}>
            {one === undefined ? words.lastDeploy : `${one / MINUTE} min`}
          </button>
        ))}
      </fieldset>
      {lives.targetGroups.length > 0 && <ByVersion lives={lives} counted={over} span={span} />}
      {stack?.target === "aws" && told.run && <Heard events={told.run.events} />}
      <Tasks lives={lives} span={span} />
      <Events lives={lives} span={span} />
    </>
  );
}

/** Milliseconds before a deploy that are shown with it, and after which it is no more what one looks at. */
const [BEFORE, RECENT] = [10_000, 15 * MINUTE];

function lastDeploy({ deployments }: ServiceLives, now: number): number {
  const begun = Math.max(...deployments.map(({ createdAt }) => createdAt));
  return now - begun > RECENT ? now - 5 * MINUTE : begun - BEFORE;
}

function Past({ told, number }: { readonly told: Told; readonly number: number }) {
  const events = useEvents(told, number);
  if (!events) return null;
  const kept = events.find((event) => event.type === "lives");
  const report = events.find((event): event is Report => event.type === "report");
  return (
    <>
      <p>
        <a href={`#runs/${number}`}>
          {words.run} {number}
        </a>
        {report && ` · ${report.exitCode === 0 ? "ok" : `exit ${report.exitCode}`} · ${duration(report.ms)}`}
        {report?.outputs.version && ` · ${report.outputs.version}`}
      </p>
      {report?.error && <p className="bad">{report.error.why}</p>}
      {!kept && report && <p>{words.noLives}</p>}
      {kept && <Deployments lives={kept.lives} />}
      {kept?.answered && (
        <ByVersion lives={kept.lives} counted={byRevision(kept.answered, kept.lives)} span={spanOf(kept)} />
      )}
      <Heard events={events} kept={kept} />
      {kept && <Tasks lives={kept.lives} span={spanOf(kept)} />}
      {kept && <Events lives={kept.lives} span={spanOf(kept)} />}
    </>
  );
}

function spanOf({ from, until }: LivesKept): Span {
  return { from, to: until };
}

interface ByVersionProps {
  readonly lives: ServiceLives;
  readonly counted: readonly Counted[];
  readonly span: Span;
}

function ByVersion({ lives, counted, span }: ByVersionProps) {
  const called = (name: string) => {
    const { name: version, color } = versionIn(lives, name);
    return { words: name === "" ? words.allVersions : version, color };
  };
  return <RequestsChart title={words.requestsByVersion} requests={requestsOver(counted, span)} called={called} />;
}

interface HeardProps {
  readonly events: readonly KeptEvent[];
  /** Of the service, where it was looked at: the picture is then on the scale of its clock. */
  readonly kept?: LivesKept | undefined;
}

/** What those were answered who requested the url throughout the run. */
function Heard({ events, kept }: HeardProps) {
  const counted = byBody(events);
  const run = events.find(({ type }) => type === "run");
  const last = events.at(-1);
  if (counted.length === 0 || !run || !last) return null;
  const span = kept ? { from: kept.from, to: kept.until } : { from: run.at, to: last.at };
  const speed = kept ? (kept.until - kept.from) / (kept.at - run.at) : 1;
  const onScale = counted.map((row) => ({ ...row, at: span.from + (row.at - run.at) * speed, ms: row.ms * speed }));
  const bodies = [...new Set(counted.map(({ name }) => name))];
  const called = (name: string) => ({ words: name, color: colorOf(name, kept) ?? bodies.indexOf(name) });
  const { probe } = events.find((event): event is Report => event.type === "report") ?? {};
  return (
    <>
      <RequestsChart title={words.answers} requests={requestsOver(onScale, span)} called={called} />
      {probe && (
        <p className={probe.failed > 0 ? "bad" : "good"}>
          {probe.failed} / {probe.requests} {words.failed} · {words.longestGap} {duration(probe.longestGapMs)}
        </p>
      )}
      {!kept && <TimeScale span={span} />}
    </>
  );
}

/** That of the version which an answer names; undefined: it names none. */
function colorOf(body: string, kept: LivesKept | undefined): number | undefined {
  const named = Object.entries(kept?.lives.versions ?? {}).find(([, version]) => body.includes(version));
  return kept && named && versionIn(kept.lives, named[0]).color;
}
