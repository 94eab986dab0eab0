import { isCode } from "../aws/errors.ts";
import { askInsights, misunderstoodAt, QueryEnded, type QueryResult } from "../aws/insights-query.ts";
import type { LogPlace } from "../aws/service-logs.ts";
import { wallClock } from "../engine/clock.ts";
import { Explained, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import { bytes, wholeDuration } from "../terminal/format.ts";
import { resultTable } from "../terminal/result-table.ts";
import { styleFor } from "../terminal/style.ts";
import { inSession, tell } from "./in-session.ts";
import { logsOf } from "./logs-of-service.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { runningOf } from "./services.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra logs --query`. */
export interface QueryLogsOptions extends Pick<StackOptions, "config" | "stack" | "target" | "json"> {
  /** In the language of CloudWatch Logs Insights. */
  readonly query: string;
  /** Name of a log group. Absent: where the service prints to. */
  readonly group?: string;
  /** Milliseconds from now back to the first event. Default: an hour. */
  readonly since?: number;
}

/** A log group, and how the names of a service's streams there begin. */
type Place = Pick<LogPlace, "group" | "prefix">;

const HOUR = 3_600_000;
/** Milliseconds between two looks at a query that runs. */
const PAUSE = { sandbox: 100, aws: 500 } as const;

/**
 * `bia-infra logs --query '...'`: what CloudWatch Logs Insights finds in a service's log group, which other services may share. A
 * table on stdout, or with `json` an object of the rows and what was looked through. Answers the exit code: 2 for a query that AWS
 * does not understand.
 *
 * @param name of a service in the stack's cluster; undefined: the stack's own
 */
export function queryLogsCommand(
  name: string | undefined,
  options: QueryLogsOptions,
  surroundings: Surroundings,
): Promise<number> {
  return inSession("logs", options, surroundings, async (session) => {
    const { since = HOUR } = options;
    const places = await placesOf(session, name, options);
    const groups = [...new Set(places.map((place) => place.group))];
    const result = await asked(session, groups, { ...options, since }, surroundings.signal);
    print(result, options);
    const told = [summary(result, groups, since), ...aside(name, places, options)];
    if (!options.json) tell(told.join("\n"), options);
    return EXIT.done;
  });
}

async function placesOf(session: Session, name: string | undefined, { group }: QueryLogsOptions): Promise<Place[]> {
  if (group !== undefined) return [{ group, prefix: undefined }];
  const { cluster, service } = runningOf(session.stack);
  return [...(await logsOf(session, cluster, name ?? service)).places];
}

async function asked(
  { clients, target }: Session,
  groups: readonly string[],
  { query, since, group }: QueryLogsOptions & { since: number },
  signal: AbortSignal,
): Promise<QueryResult> {
  const to = (target.now ?? Date.now)();
  try {
    return await askInsights(clients.logs, { groups, query, from: to - since, to }, () =>
      wallClock().sleep(PAUSE[target.name], signal),
    );
  } catch (error) {
    if (isCode(error, "MalformedQueryException")) throw misunderstood(error as Error, query);
    if (group !== undefined && isCode(error, "ResourceNotFoundException")) {
      throw new Explained((error as Error).message, "`aws logs describe-log-groups` lists those that there are.");
    }
    if (isCode(error, "SandboxNotEmulated")) {
      throw new Explained((error as Error).message, "Leave it out of the query here; on aws it can stay.");
    }
    if (error instanceof QueryEnded) {
      throw new Explained(error.message, "A shorter time (--since 15m), or a filter that stands first, is quicker.");
    }
    throw error;
  }
}

/** What a translation of the workshop makes of Insights' words. */
const TRANSLATED = /(^|\|)\s*(campos|filtr(o|ar|e)|limite|ordenar|estat\S+)\s/im;

/** In AWS's words, with the place in the query that they are about. */
function misunderstood(error: Error, query: string): RunStopped {
  const at = misunderstoodAt(error);
  const next = TRANSLATED.test(query)
    ? "The words of a query are English in every language: fields, filter, like, and, as, sort, limit."
    : "Quote the query as one argument: `bia-infra logs --query 'fields @timestamp, @message | sort @timestamp desc | limit 20'`.";
  return new RunStopped(
    [`MalformedQueryException: ${error.message}`, ...pointedAt(query, at)].join("\n"),
    next,
    EXIT.usage,
  );
}

/** The line of the query that a place is in, and below it a sign that points there. */
function pointedAt(query: string, at: number | undefined): string[] {
  if (at === undefined) return [];
  const begin = query.slice(0, at).lastIndexOf("\n") + 1;
  const [line = ""] = query.slice(begin).split("\n");
  const indent = line.slice(0, at - begin).replace(/[^\t]/g, " ");
  return [`  ${line}`, `  ${indent}^`];
}

function print({ rows, ...looked }: QueryResult, { json }: QueryLogsOptions): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ rows, ...looked })}\n`);
    return;
  }
  // The pointer leads programs to the event.
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => column !== "@ptr");
  if (columns.length === 0) return;
  const { isTTY = false, columns: width = 80 } = process.stdout;
  const style = styleFor(isTTY, process.env);
  for (const line of resultTable(columns, rows, style, isTTY ? width - 1 : undefined))
    process.stdout.write(`${line}\n`);
}

/** Of a service that was named: that others may print there, too. */
function aside(name: string | undefined, [place]: readonly Place[], { query }: QueryLogsOptions): string[] {
  if (name === undefined || place?.prefix === undefined || query.includes("@logStream")) return [];
  return [
    `Other services may print there, too: \`filter @logStream like "${place.prefix}/"\` keeps to those of ${name}.`,
  ];
}

function summary(
  { rows, recordsMatched, recordsScanned, bytesScanned }: QueryResult,
  groups: readonly string[],
  since: number,
) {
  const looked = `${recordsMatched} of ${recordsScanned} events matched, ${bytes(bytesScanned)} looked through in ${groups.join(", ")}`;
  if (rows.length > 0) return `${rows.length} ${rows.length === 1 ? "row" : "rows"}: ${looked}.`;
  return `Nothing in the last ${wholeDuration(since)}: ${looked}. What was logged in the last minutes may not be found yet; --since 1d looks further back.`;
}
