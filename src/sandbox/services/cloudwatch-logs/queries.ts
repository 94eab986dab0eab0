import { randomUUID } from "node:crypto";
import type { QueryStatus, ResultField, StartQueryCommandInput } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { LogGroup } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { eventsOf } from "./insights/events.ts";
import { parse } from "./insights/parse.ts";
import type { Value } from "./insights/query.ts";
import { type Result, run } from "./insights/run.ts";
import { findGroup, invalid, type LogsOperations } from "./operation.ts";

/** A query that was asked. Nobody finds it again after the sandbox has ended. */
interface Query {
  readonly dueAt: Date;
  readonly scanned: Promise<{ readonly result: Result; readonly events: number; readonly bytes: number }>;
  isStopped: boolean;
}

/** Log groups that one query looks through. (StartQuery, logGroupNames) */
const MOST_GROUPS = 50;

/** CloudWatch Logs Insights. */
export function queryOperations(world: World): LogsOperations {
  const queries = new Map<string, Query>();
  const queryOf = (id: string | undefined) => {
    const query = queries.get(id ?? "");
    if (!query) throw new AwsError("ResourceNotFoundException", `Query with id ${id} does not exist.`);
    return query;
  };
  const statusOf = ({ isStopped, dueAt }: Query): QueryStatus => {
    if (isStopped) return "Cancelled";
    return world.now() < dueAt ? "Running" : "Complete";
  };

  return {
    StartQuery: {
      accepts: [
        "logGroupName",
        "logGroupNames",
        "logGroupIdentifiers",
        "startTime",
        "endTime",
        "queryString",
        "limit",
        "queryLanguage",
      ],
      handle(input, { region }) {
        const { startTime = 0, endTime = 0, queryString = "", limit, queryLanguage = "CWLI" } = input;
        if (queryLanguage !== "CWLI") throw notEmulated(`queries in ${queryLanguage}`);
        const groups = groupsOf(world, region, input);
        const commands = parse(queryString);
        if (endTime < startTime) throw invalid("Query end time should not be before its start time.");
        // Both are seconds, and all of the last one counts.
        const span = { from: startTime * 1000, to: endTime * 1000 + 999 };
        const scanned = Promise.all(groups.map((group) => eventsOf(world, region, group, span))).then((found) => {
          const events = found.flat();
          const bytes = events.reduce((sum, row) => sum + Buffer.byteLength(String(row["@message"])), 0);
          return { result: run(commands, events, limit), events: events.length, bytes };
        });
        // Its failure is told to who asks for the result.
        scanned.catch(() => {});
        const queryId = randomUUID();
        queries.set(queryId, { dueAt: world.later("query runs"), scanned, isStopped: false });
        return { queryId };
      },
    },

    GetQueryResults: {
      accepts: ["queryId"],
      async handle({ queryId }) {
        const query = queryOf(queryId);
        const status = statusOf(query);
        if (status !== "Complete") return { queryLanguage: "CWLI", results: [], status };
        const { result, events, bytes } = await query.scanned;
        return {
          queryLanguage: "CWLI",
          results: result.rows.map(({ shown, ptr }): ResultField[] => [
            ...shown.map(([field, value]) => ({ field, value: written(field, value) })),
            ...(ptr === undefined ? [] : [{ field: "@ptr", value: ptr }]),
          ]),
          statistics: { recordsMatched: result.matched, recordsScanned: events, bytesScanned: bytes },
          status,
        };
      },
    },

    StopQuery: {
      accepts: ["queryId"],
      handle({ queryId }) {
        const query = queryOf(queryId);
        const status = statusOf(query);
        if (status !== "Running") throw invalid(`Query is already ended with ${status} status`);
        query.isStopped = true;
        return { success: true };
      },
    },
  };
}

/** @throws AwsError */
function groupsOf(world: World, region: string, input: StartQueryCommandInput): LogGroup[] {
  const { logGroupName, logGroupNames = [], logGroupIdentifiers = [] } = input;
  const ways = [logGroupName === undefined ? 0 : 1, logGroupNames.length, logGroupIdentifiers.length];
  if (ways.filter((count) => count > 0).length !== 1) {
    throw invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
  }
  if (Math.max(...ways) > MOST_GROUPS)
    throw invalid(`A query can look through no more than ${MOST_GROUPS} log groups.`);
  const named = logGroupName === undefined ? [...logGroupNames, ...logGroupIdentifiers] : [logGroupName];
  return named.map((one) => {
    const group = findGroup(world, region, one);
    if (group) return group;
    throw new AwsError(
      "ResourceNotFoundException",
      `Log group '${one}' does not exist for account ID '${world.account}'`,
    );
  });
}

/** As the result has it: times in words, numbers with four digits after the point at most. */
function written(field: string, value: Value): string {
  if (typeof value !== "number") return String(value);
  if (/^(@timestamp|@ingestionTime|bin\(.*\))$/.test(field)) {
    return new Date(value).toISOString().replace("T", " ").replace("Z", "");
  }
  return String(Math.round(value * 10_000) / 10_000);
}
