import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type GetQueryResultsResponse,
  MalformedQueryException,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";

/** What to ask CloudWatch Logs Insights. */
export interface InsightsQuery {
  /** Names of log groups, 50 at most. (StartQuery, logGroupNames) */
  readonly groups: readonly string[];
  readonly query: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** What a query has found. */
export interface QueryResult {
  /** Values by field. A row lacks a field that its event does not have. */
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly recordsMatched: number;
  readonly recordsScanned: number;
  /** What is billed for. */
  readonly bytesScanned: number;
}

/** A query came to no result. */
export class QueryEnded extends Error {
  /** In AWS's word, e.g. `Timeout`. */
  readonly status: string;

  constructor(status: string) {
    super(`CloudWatch Logs Insights ended the query with the status ${status}`);
    this.name = "QueryEnded";
    this.status = status;
  }
}

/**
 * Asks, and waits until all is found: what AWS has meanwhile is only a part. A query that is not waited for any more is stopped.
 *
 * @param pause waits before the next look; throws to end it
 * @throws QueryEnded, or AWS's error
 */
export async function askInsights(
  logs: CloudWatchLogsClient,
  { groups, query, from, to }: InsightsQuery,
  pause: () => Promise<void>,
): Promise<QueryResult> {
  const { queryId } = await logs.send(
    new StartQueryCommand({
      logGroupNames: [...groups],
      queryString: query,
      // Both are seconds; all of the last one counts.
      startTime: Math.floor(from / 1000),
      endTime: Math.ceil(to / 1000),
    }),
  );
  try {
    for (;;) {
      const answer = await logs.send(new GetQueryResultsCommand({ queryId }));
      if (answer.status === "Complete") return resultOf(answer);
      if (!UNDER_WAY.test(answer.status ?? "")) throw new QueryEnded(answer.status ?? "Unknown");
      await pause();
    }
  } catch (error) {
    if (!(error instanceof QueryEnded)) await logs.send(new StopQueryCommand({ queryId })).catch(() => {});
    throw error;
  }
}

const UNDER_WAY = /^(Scheduled|Running)$/;

function resultOf({ results = [], statistics = {} }: GetQueryResultsResponse): QueryResult {
  const { recordsMatched = 0, recordsScanned = 0, bytesScanned = 0 } = statistics;
  const rows = results.map((row) => Object.fromEntries(row.map(({ field = "", value = "" }) => [field, value])));
  return { rows, recordsMatched, recordsScanned, bytesScanned };
}

/** Where AWS stopped to understand a query, in characters from its beginning; undefined: that is not what happened, or it does not say. */
export function misunderstoodAt(error: unknown): number | undefined {
  return error instanceof MalformedQueryException ? error.queryCompileError?.location?.startCharOffset : undefined;
}
