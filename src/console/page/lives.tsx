import type { ServiceLives, TaskLife } from "../../aws/service-lives.ts";
import type { Span } from "../../runs/requests.ts";
import { duration } from "../../terminal/duration.ts";
import { moment } from "./format.ts";
import { placedOn, TimeScale } from "./time-scale.tsx";
import { versionIn } from "./versions.ts";
import { words } from "./words.ts";

/** Tasks that are shown at most: the newest. A service that cannot start has many. */
const MOST_TASKS = 40;

/** Events that are shown at most: the newest. */
const MOST_EVENTS = 40;

interface LivesProps {
  readonly lives: ServiceLives;
  /** Tasks that ended before it are of no interest. */
  readonly span: Span;
}

/** The deployments of a service side by side. */
export function Deployments({ lives }: { readonly lives: ServiceLives }) {
  return (
    <div className="deployments">
      {lives.deployments.map((deployment) => {
        const { id, status, rollout, why, revision, running, desired, pending, failed } = deployment;
        const { name, color } = versionIn(lives, revision);
        return (
          <article key={id} className="detail" data-deployment={status}>
            <h2>
              <i className={`swatch color-${color}`} /> {name}
            </h2>
            <p>
              {status} · <code>{revision}</code> · <span className={lookOf(rollout)}>{rollout}</span> · {running} /{" "}
              {desired} {words.tasksRunning}
              {pending > 0 && ` · ${pending} ${words.pending}`}
              {failed > 0 && <span className="bad">{` · ${failed} ${words.failed}`}</span>}
            </p>
            {why && <p className={rollout === "FAILED" ? "bad" : "soft"}>{why}</p>}
          </article>
        );
      })}
    </div>
  );
}

function lookOf(rollout: string | undefined): string {
  if (rollout === "FAILED") return "bad";
  return rollout === "COMPLETED" ? "good" : "warn";
}

/** The life of each task as a bar. */
export function Tasks({ lives, span }: LivesProps) {
  const tasks = lives.tasks.filter(
    ({ stoppedAt, createdAt }) => (stoppedAt ?? span.to) >= span.from && createdAt <= span.to,
  );
  const shown = tasks.slice(-MOST_TASKS);
  return (
    <section aria-label={words.tasks}>
      <h3>{words.tasks}</h3>
      <p className="legend">
        {PHASES.map(({ name }) => (
          <span key={name}>
            <i className={`bar phase-${name}`} /> {words[name]}
          </span>
        ))}
      </p>
      {shown.length < tasks.length && (
        <p className="soft">
          {words.newestOf} {shown.length} / {tasks.length}
        </p>
      )}
      {shown.map((task) => (
        <Life key={task.id} task={task} lives={lives} span={span} />
      ))}
      <TimeScale span={span} />
    </section>
  );
}

/** What the scheduler said, the newest first. */
export function Events({ lives, span }: LivesProps) {
  const events = lives.events.filter(({ at }) => at >= span.from && at <= span.to).slice(0, MOST_EVENTS);
  if (events.length === 0) return null;
  return (
    <section aria-label={words.events}>
      <h3>{words.events}</h3>
      <ul className="events">
        {events.map(({ at, text }) => (
          <li key={`${at} ${text}`}>
            <time>{moment(at)}</time> <span>{text}</span>
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
  { name: "checking", begins: (task: TaskLife) => (servesFrom(task) === task.startedAt ? undefined : task.startedAt) },
  { name: "serving", begins: servesFrom },
  { name: "draining", begins: ({ stoppingAt }: TaskLife) => stoppingAt },
] as const;

/** Where nobody saw the first healthy check, and where there is none, it counts as serving as soon as it runs. */
function servesFrom({ healthyAt, startedAt, targetState }: TaskLife): number | undefined {
  if (healthyAt !== undefined) return healthyAt;
  return targetState === "initial" || targetState === "unhealthy" ? undefined : startedAt;
}

interface LifeProps extends LivesProps {
  readonly task: TaskLife;
}

function Life({ task, lives, span }: LifeProps) {
  const place = placedOn(span);
  const { name, color } = versionIn(lives, task.revision);
  const begun = PHASES.flatMap(({ name: phase, begins }) => {
    const at = begins(task);
    return at === undefined ? [] : [{ phase, at }];
  });
  const phases = begun.map(({ phase, at }, index) => ({
    phase,
    at,
    end: begun[index + 1]?.at ?? task.stoppedAt ?? span.to,
  }));
  const told = phases.map(({ phase, at, end }) => `${words[phase]} ${duration(end - at)}`).join(", ");
  return (
    <div className="life" data-task={task.id} data-status={task.status}>
      <span className="name">
        <i className={`swatch color-${color}`} /> {name} <code>{task.id.slice(0, 8)}</code>
        <small>{[task.status, task.targetState ?? task.health, task.zone].filter(Boolean).join(" · ")}</small>
      </span>
      <span>
        <span className="track" role="img" aria-label={told} title={told.replaceAll(", ", "\n")}>
          {phases.map(({ phase, at, end }) => (
            <i key={phase} className={`bar phase-${phase}`} data-phase={phase} style={place(at, end)} />
          ))}
        </span>
        {task.reason && (
          <span className={task.reason.startsWith("Scaling activity") ? "why usual" : "why"}>{task.reason}</span>
        )}
      </span>
    </div>
  );
}
