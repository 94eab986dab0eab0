import { serviceIn } from "../aws/live.ts";
import { type MetricCourse, type Span, serviceMetrics, spanUpTo } from "../aws/service-metrics.ts";
import { wallClock } from "../engine/clock.ts";
import { EXIT } from "../engine/outcome.ts";
import { wholeDuration } from "../terminal/format.ts";
import { chooseLiveView, type Shown } from "../terminal/live-view.ts";
import { amount, metricLines, summaryOf } from "../terminal/metric-lines.ts";
import { Screen } from "../terminal/screen.ts";
import { styleFor } from "../terminal/style.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { noSuchService, runningOf } from "./services.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra metrics`. */
export interface MetricsOptions extends Omit<StackOptions, "stage"> {
  /** Milliseconds from now back to the first value. Default: an hour. */
  readonly since?: number;
  /** Go on looking. */
  readonly watch?: boolean;
}

const HOUR = 3_600_000;
/** Milliseconds between two looks. CloudWatch has a value a minute, and bills each that is read on aws. */
const PAUSE = { sandbox: 1_000, aws: 30_000 } as const;
/** Columns of a chart that goes into a file or a pipe. */
const PIPED = 118;

/** The metrics of a service in a span of time. */
interface Look {
  readonly cluster: string;
  readonly service: string;
  readonly span: Span;
  readonly courses: readonly MetricCourse[];
}

/**
 * `bia-infra metrics [service]`: what the tasks of a service use of what they reserve, and what their load balancer says of requests
 * and targets, as CloudWatch has it: a chart on stdout, an object with `json`. With `watch` the chart is redrawn until Ctrl-C, which
 * ends it with 0; a pipe gets a line for each change, with `json` an event. Answers the exit code.
 *
 * @param name of a service in the stack's cluster; undefined: the stack's own
 */
export function metricsCommand(
  name: string | undefined,
  options: MetricsOptions,
  surroundings: Surroundings,
): Promise<number> {
  return inSession(
    "metrics",
    options,
    surroundings,
    async (session) => {
      const { since = HOUR } = options;
      if (options.watch) return watch(session, name, { ...options, since }, surroundings.signal);
      print(await look(session, name, since), options);
      return EXIT.done;
    },
    options.watch ? EXIT.done : EXIT.interrupted,
  );
}

async function watch(
  session: Session,
  name: string | undefined,
  { json = false, since }: MetricsOptions & { since: number },
  signal: AbortSignal,
): Promise<number> {
  const { stdout } = process;
  const style = styleFor(stdout.isTTY === true, process.env);
  const screen =
    stdout.isTTY && !json && process.env.TERM !== "dumb" ? new Screen(stdout, style.symbols.ellipsis) : undefined;
  const changes = screen ? undefined : chooseLiveView({ json, stdout, env: process.env });
  try {
    for (;;) {
      const looked = await look(session, name, since);
      signal.throwIfAborted();
      screen?.draw([...linesOf(looked, screen.width), style.color.dim("Ctrl-C ends it")]);
      changes?.show(looked.courses.map(rowOf));
      await wallClock().sleep(PAUSE[session.target.name], signal);
    }
  } finally {
    screen?.close();
    changes?.close();
  }
}

async function look({ clients, stack, target }: Session, name: string | undefined, since: number): Promise<Look> {
  const { cluster, service: own } = runningOf(stack);
  const service = await serviceIn(clients, { cluster, service: name ?? own });
  if (!service) throw noSuchService(stack, name ?? own);
  const span = spanUpTo((target.now ?? Date.now)(), since);
  return { cluster, service: name ?? own, span, courses: await serviceMetrics(clients, { cluster, service }, span) };
}

function print(looked: Look, { json }: MetricsOptions): void {
  const { isTTY = false, columns = 80 } = process.stdout;
  const lines = json ? [JSON.stringify(objectOf(looked))] : linesOf(looked, isTTY ? columns - 1 : PIPED);
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function linesOf({ cluster, service, span, courses }: Look, width: number): string[] {
  const style = styleFor(process.stdout.isTTY === true, process.env);
  const { color } = style;
  const time = wholeDuration(span.to - span.from);
  const until = new Date(span.to).toISOString().slice(11, 16);
  const title = `${color.bold(service)} ${color.dim(`in ${cluster}: ${time} until ${until} UTC`)}`;
  const shown = courses.map((course) => ({ ...course, values: valuesOf(course, span) }));
  return [title, ...metricLines(shown, style, width)];
}

function objectOf({ cluster, service, span, courses }: Look): object {
  return {
    cluster,
    service,
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    period: span.period,
    metrics: Object.fromEntries(
      courses.map(({ name, unit, points }) => [
        name,
        {
          unit,
          ...summaryOf(points.map(({ value }) => value)),
          points: points.map(({ at, value }) => ({ at: new Date(at).toISOString(), value })),
        },
      ]),
    ),
  };
}

function rowOf({ name, unit, points }: MetricCourse): Shown {
  const summary = summaryOf(points.map(({ value }) => value));
  if (!summary) return { part: "metric", id: name, state: "no data", detail: "" };
  const { now, min, avg, max } = summary;
  const detail = `min ${amount(min, unit)}, avg ${amount(avg, unit)}, max ${amount(max, unit)}`;
  return { part: "metric", id: name, state: amount(now, unit), detail };
}

/** A value for each period of the span. */
function valuesOf({ points }: MetricCourse, { from, to, period }: Span): (number | undefined)[] {
  const step = period * 1000;
  const known = new Map(points.map(({ at, value }) => [Math.floor((at - from) / step), value]));
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => known.get(index));
}
