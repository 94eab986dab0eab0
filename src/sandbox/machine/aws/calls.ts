import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsAcceptor,
  type AwsAccess,
  type AwsOperation,
  AwsRefusal,
  type AwsService,
  type AwsWaiter,
  endpointUrl,
} from "../aws-access.ts";
import { isStructure, type Json } from "./output.ts";
import { jsonOf } from "./values.ts";

/** Where calls go. */
export interface Client {
  readonly aws: AwsAccess;
  readonly service: AwsService;
  /** Name that it signs with. */
  readonly name: string;
  readonly region: string;
}

type Structure = { [key: string]: Json };

/** How often the aws CLI makes a call before it gives up (botocore, retries/standard.py). */
const ATTEMPTS = 3;
/** The longest pause before a call is made the second time; before the third it is twice that. AWS's client waits ten times as long. */
const LONGEST_PAUSE_MS = 100;
/** What botocore takes for throttling, of what the sandbox answers. */
const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** An answer as JSON. What was throttled is asked again, as the aws CLI does. @throws AwsRefusal */
export async function call(client: Client, operation: AwsOperation, input: object): Promise<Structure> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await callOnce(client, operation, input);
    } catch (error) {
      const isPassing = error instanceof AwsRefusal && THROTTLED.has(error.code ?? "");
      if (!isPassing || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * attempt * LONGEST_PAUSE_MS);
    }
  }
}

async function callOnce(client: Client, operation: AwsOperation, input: object): Promise<Structure> {
  const { aws, name, region } = client;
  const answer = await aws.call(name, region, operation.name, input);
  if (answer === undefined) {
    const message = "Connection was closed before we received a valid response from endpoint URL";
    throw new AwsRefusal(undefined, operation.name, `${message}: "${endpointUrl(name, region)}".`);
  }
  return operation.output.isUnitSchema() ? {} : (jsonOf(operation.output, answer) as Structure);
}

/** How much of a list is wanted. */
export interface Extent {
  /** Items; undefined: all. */
  readonly most: number | undefined;
  /** Items at the beginning that are left out. */
  readonly skipped: number;
}

/** All pages of an answer as one; what is left out behind is told with a token. @throws AwsRefusal */
export async function callAllPages(
  client: Client,
  operation: AwsOperation,
  input: object,
  { most, skipped }: Extent,
): Promise<Structure> {
  const { pages } = operation;
  if (!pages) return call(client, operation, input);
  const whole = await call(client, operation, input);
  const [first = "", ...others] = pages.results;
  let last: Structure = whole;
  while (present(last, pages.output) && (most === undefined || lengthOf(whole[first]) < skipped + most)) {
    const token = pages.input.map((name, at) => [name, last[pages.output[at] ?? ""]]);
    last = await call(client, operation, { ...input, ...Object.fromEntries(token) });
    for (const name of pages.results) whole[name] = joined(whole[name], last[name]);
  }
  const isMore = present(last, pages.output) || (most !== undefined && lengthOf(whole[first]) > skipped + most);
  for (const name of [...pages.output, "IsTruncated"]) if (!pages.results.includes(name)) delete whole[name];
  if (most === undefined && skipped === 0) return whole;
  const end = most === undefined ? undefined : skipped + most;
  whole[first] = ((whole[first] ?? []) as Json[]).slice(skipped, end);
  if (skipped > 0) for (const name of others) whole[name] = [];
  return isMore ? { ...whole, NextToken: tokenAfter(end ?? 0) } : whole;
}

function present(answer: Structure, names: readonly string[]): boolean {
  return names.some((name) => answer[name] !== undefined && answer[name] !== "");
}

function lengthOf(list: Json | undefined): number {
  return Array.isArray(list) ? list.length : 0;
}

function joined(one: Json | undefined, other: Json | undefined): Json {
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  return other ?? one ?? null;
}

function tokenAfter(items: number): string {
  return Buffer.from(JSON.stringify({ boto_truncate_amount: items })).toString("base64");
}

/** Where a token of ours goes on; undefined: it is none. */
export function itemsBefore(token: string): number | undefined {
  try {
    return (JSON.parse(Buffer.from(token, "base64").toString()) as { boto_truncate_amount?: number })
      .boto_truncate_amount;
  } catch {
    return undefined;
  }
}

/** Pause between two looks of a waiter. The sandbox's delays are shorter than AWS's, and so is this. */
const PAUSE_MS = 500;

/**
 * Waits as long as the waiter does on AWS.
 *
 * @param search evaluates a JMESPath expression
 * @returns undefined when the state is there, else why it will not be
 */
export async function waitFor(
  { delay, maxAttempts, acceptors }: AwsWaiter,
  look: () => Promise<Structure>,
  search: (expression: string, answer: Json) => Json,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const until = Date.now() + delay * maxAttempts * 1000;
  for (;;) {
    const seen = await look().catch((error: unknown) => {
      if (error instanceof AwsRefusal && error.code !== undefined) return error;
      throw error;
    });
    const met = acceptors.find((acceptor) => meets(acceptor, seen, search));
    if (met?.state === "success") return undefined;
    if (met?.state === "failure") return `Waiter encountered a terminal failure state: ${reason(met)}`;
    if (!met && seen instanceof AwsRefusal) throw seen;
    if (Date.now() >= until || signal?.aborted) return "Max attempts exceeded";
    await sleep(PAUSE_MS, undefined, signal && { signal }).catch(() => {});
  }
}

function meets(
  { matcher, argument = "", expected }: AwsAcceptor,
  seen: Structure | AwsRefusal,
  search: (expression: string, answer: Json) => Json,
): boolean {
  if (seen instanceof AwsRefusal) return matcher === "error" && (expected === true || seen.code === expected);
  if (matcher === "error") return expected === false;
  if (matcher === "status") return expected === 200;
  const found = search(argument, seen);
  if (matcher === "path") return isStructure(found) ? false : found === expected;
  const list = Array.isArray(found) ? found : [];
  if (matcher === "pathAny") return list.some((item) => item === expected);
  return list.length > 0 && list.every((item) => item === expected);
}

function reason({ matcher, argument, expected }: AwsAcceptor): string {
  if (matcher === "error") return `Matched expected service error code: ${expected}`;
  const all = matcher === "pathAll" ? "all paths" : "path";
  const often = matcher === "pathAny" ? " at least once" : "";
  return `For expression "${argument}" we matched expected ${all}: "${expected}"${often}`;
}
