import type { ServiceLives, TaskLife } from "../../aws/service-lives.ts";
import type { ProbeReport, Report } from "../../engine/event.ts";
import type { KeptEvent } from "../../runs/kept.ts";
import { duration } from "../../terminal/duration.ts";
import { moment } from "./format.ts";
import { NothingFound } from "./nothing-found.tsx";
import { useEvents } from "./run-events.ts";
import { runsOfStack, type Told } from "./told.ts";
import { words } from "./words.ts";

/** Commands that put a service on a revision. */
const ROLLS = ["deploy-version", "rollback", "restart"];

/** The deployments of the service side by side, and the life of each task: as it is now, or as a deploy left it. */
export function DeployView({ told, number }: { readonly told: Told; readonly number: number | undefined }) {
  const past = runsOfStack(told).filter(({ command }) => ROLLS.includes(command));
  return (
    <>
      <nav className="tools" aria-label={words.deploy}>
        <a href="#deploy" aria-current={number === undefined ? "page" : undefined}>
          {words.now}
        </a>
        {past.slice(0, 12).map((run) => (
          <a key={run.number} href={`#deploy/${run.number}`} aria-current={run.number === number ? "page" : undefined}>
            {run.command} {moment(run.startedAt)}
          </a>
        ))}
      </nav>
      {number === undefined ? <Now told={told} /> : <Past told={told} number={number} />}
    </>
  );
}

function Now({ told: { service, stack } }: { readonly told: Told }) {
  if (!service?.found) return <NothingFound looked={service} repair={stack?.commands.createAll} />;
  return <Lives lives={service.found} at={service.at} />;
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
      {report?.probe && <Answers probe={report.probe} />}
      {kept ? <Lives lives={kept.lives} at={kept.at} since={beginOf(events)} /> : <p>{words.noLives}</p>}
    </>
  );
}

function beginOf(events: readonly KeptEvent[]): number | undefined {
  return events.find(({ type }) => type === "run")?.at;
}

/** Requests by what was answered, over the time of a deploy. */
function Answers({ probe }: { readonly probe: ProbeReport }) {
  const whole = Math.max(1, ...probe.answers.map(({ untilMs }) => untilMs));
  return (
    <section aria-label={words.answers}>
      <h3>
        {words.answers}: {probe.failed} / {probe.requests} {words.failed}
      </h3>
      {probe.answers.map(({ body, count, fromMs, untilMs }) => (
        <div className="life" key={`${body} ${fromMs}`}>
          <span className="name">
            {body} × {count}
          </span>
          <span className="track">
            <i
              className="bar"
              style={{ left: `${(100 * fromMs) / whole}%`, width: `${(100 * (untilMs - fromMs)) / whole}%` }}
            />
          </span>
        </div>
      ))}
    </section>
  );
}

interface LivesProps {
  readonly lives: ServiceLives;
  /** When it was looked. */
  readonly at: number;
  /** Tasks that ended before this are of no interest; absent: all are shown. */
  readonly since?: number | undefined;
}

function Lives({ lives, at, since = 0 }: LivesProps) {
  const tasks = lives.tasks.filter(({ stoppedAt }) => (stoppedAt ?? at) >= since);
  const from = Math.max(since, Math.min(at, ...tasks.map(({ createdAt }) => createdAt)));
  return (
    <section aria-label={lives.service}>
      <div className="deployments">
        {lives.deployments.map((deployment) => (
          <article key={deployment.id} className="detail" data-deployment={deployment.status}>
            <h2>
              {deployment.status} {deployment.revision}
            </h2>
            <p className={deployment.rollout === "FAILED" ? "bad" : ""}>
              {deployment.rollout} {deployment.why}
            </p>
            <p>
              {deployment.running} / {deployment.desired} {words.tasksRunning}
              {deployment.pending > 0 && ` · ${deployment.pending} pending`}
              {deployment.failed > 0 && ` · ${deployment.failed} ${words.failed}`}
            </p>
          </article>
        ))}
      </div>
      <p className="legend">
        {PHASES.map(({ name }) => (
          <span key={name}>
            <i className={`bar phase-${name}`} /> {words[name]}{" "}
          </span>
        ))}
      </p>
      {tasks.map((task) => (
        <Life key={task.id} task={task} from={from} to={at} />
      ))}
      <h3>{words.events}</h3>
      <ul className="events">
        {lives.events
          .filter((event) => event.at >= since)
          .slice(0, 30)
          .map((event) => (
            <li key={`${event.at} ${event.text}`}>
              {moment(event.at)} {event.text}
            </li>
          ))}
      </ul>
    </section>
  );
}

/** A task's phases: each lasts until the next one begins. */
const PHASES = [
  { name: "provisioning", begins: ({ createdAt }: TaskLife) => createdAt },
  { name: "pulling", begins: ({ pullStartedAt }: TaskLife) => pullStartedAt },
  { name: "starting", begins: ({ pullStoppedAt }: TaskLife) => pullStoppedAt },
  { name: "serving", begins: ({ startedAt }: TaskLife) => startedAt },
  { name: "draining", begins: ({ stoppingAt }: TaskLife) => stoppingAt },
] as const;

function Life({ task, from, to }: { readonly task: TaskLife; readonly from: number; readonly to: number }) {
  const percent = (at: number) => (100 * (Math.min(Math.max(at, from), to) - from)) / Math.max(1, to - from);
  const begun = PHASES.flatMap(({ name, begins }) => {
    const at = begins(task);
    return at === undefined ? [] : [{ name, at }];
  });
  return (
    <div className="life" data-task={task.id} data-status={task.status}>
      <span className="name">
        {task.revision} · {task.id.slice(0, 8)} · {task.status} {task.health}
      </span>
      <span className="track">
        {begun.map(({ name, at }, index) => {
          const end = begun[index + 1]?.at ?? task.stoppedAt ?? to;
          const style = { left: `${percent(at)}%`, width: `${percent(end) - percent(at)}%` };
          return (
            <i
              key={name}
              className={`bar phase-${name}`}
              style={style}
              title={`${words[name]} ${duration(end - at)}`}
            />
          );
        })}
      </span>
      {task.reason && (
        <span className={task.reason.startsWith("Scaling activity") ? "why usual" : "why"}>{task.reason}</span>
      )}
    </div>
  );
}
