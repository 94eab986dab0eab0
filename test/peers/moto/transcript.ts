import type { AwsClients } from "../../../src/aws/clients.ts";

/** What the calls of a scenario came to, by what the scenario calls them. */
export type Transcript = Readonly<Record<string, unknown>>;

/** Keeps what a call came to, and answers it; of one that was refused, nothing. */
export type Call = <Answer>(name: string, answer: Promise<Answer>) => Promise<Partial<Answer>>;

/** Calls one after the other that two AWS are to answer alike. */
export interface Scenario {
  readonly title: string;
  /** Answers `undefined` of what is told by neither. */
  run(aws: AwsClients, call: Call): Promise<void>;
  /** What they do not answer alike. */
  readonly differences: readonly Known[];
}

/** A difference that may be. */
export interface Known {
  /** Where, as `differencesOf` names it. */
  readonly at: RegExp;
  readonly why: string;
}

/** What the calls of a scenario came to, with names in place of what is another value at each try: ids, addresses, times. */
export async function transcriptOf(aws: AwsClients, { run }: Pick<Scenario, "run">): Promise<Transcript> {
  const transcript: Record<string, unknown> = {};
  await run(aws, async (name, answer) => {
    try {
      const { $metadata: _, ...said } = (await answer) as { $metadata?: unknown };
      transcript[name] = said;
      return said as never;
    } catch (error) {
      const { name: code, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
      if (!$metadata) throw error;
      transcript[name] = { refused: `${$metadata.httpStatusCode} ${code}` };
      return {};
    }
  });
  return withNames(transcript);
}

/** What is another value at each try, and a name for what sort it is. */
const SORTS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:vpc|subnet|igw|rtb|rtbassoc|nat|eipalloc|eipassoc|eni|sg|sgr|acl|dopt|vpc-cidr-assoc)-[0-9a-f]{8,17}\b/g, ""],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "uuid"],
  [/\b[0-9a-f]{32}\b/g, "id"],
  [/\b[0-9a-z]{36}\b/g, "id"],
  [/(?<=ecs-svc\/)\d{15,20}\b/g, "id"],
  [/\bAROA[0-9A-Z]{17}\b/g, "role"],
  [/(?<=:secret:[\w/-]+-)[A-Za-z0-9]{6}\b/g, "suffix"],
  [/\bns-[0-9a-z]{16,}\b/g, "namespace"],
  [/\b[0-9a-z]{16,32}-[0-9a-z]{8}\b/g, "operation"],
  [/\b[0-9a-f]{16}\b/g, "id"],
  [/\b\d{12}\b/g, "account"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b(?!\/)/g, "address"],
];

/** The same with such names: the second VPC that is told of is `vpc#2`. */
function withNames(transcript: Transcript): Transcript {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const nameOf = (value: string, sort: string) => {
    const known = names.get(value);
    if (known) return known;
    const count = (counts.get(sort) ?? 0) + 1;
    counts.set(sort, count);
    names.set(value, `${sort}#${count}`);
    return `${sort}#${count}`;
  };
  const named = (text: string) =>
    SORTS.reduce(
      (said, [pattern, sort]) => said.replace(pattern, (value) => nameOf(value, sort || value.replace(/-[^-]*$/, ""))),
      text,
    );
  const visit = (value: unknown): unknown => {
    if (value instanceof Date || isMilliseconds(value)) return "(a time)";
    // Policies are encoded, of which there are several ways.
    if (typeof value === "string") return named(value.startsWith("%7B") ? decodeURIComponent(value) : value);
    if (Array.isArray(value)) return byKey(value.map(visit));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [named(key), visit(one)]));
  };
  return visit(transcript) as Transcript;
}

/** Since 1970, of a time not long ago, as CloudWatch Logs tells times. */
function isMilliseconds(value: unknown): boolean {
  return typeof value === "number" && value > 1_700_000_000_000;
}

/** By their keys, where they have such and values: AWS promises no order of tags, attributes, details. */
function byKey(values: readonly unknown[]): unknown {
  const pairs = values.map((one) => {
    if (!isObject(one)) return undefined;
    const { Key, Name, Value, key, name, value, ...rest } = one;
    const known = Key ?? Name ?? key ?? name;
    return typeof known === "string" && Object.keys(rest).length === 0 ? ([known, Value ?? value] as const) : undefined;
  });
  const all = pairs.filter((pair) => pair !== undefined);
  return all.length === values.length && all.length > 0 ? Object.fromEntries(all) : values;
}

/** Where two differ, by the path: `CreateVpc.Vpc.State`. What only one of them tells is a difference like others. */
export function differencesOf(ours: unknown, theirs: unknown, path: readonly string[] = []): Record<string, string> {
  if (isNothing(ours) && isNothing(theirs)) return {};
  const isRefused = isObject(ours) && isObject(theirs) && ("refused" in ours || "refused" in theirs);
  if (isRefused && path.length === 1)
    return differencesOf(ours.refused ?? "answered", theirs.refused ?? "answered", path);
  if (isObject(ours) && isObject(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    return Object.assign({}, ...keys.map((key) => differencesOf(ours[key], theirs[key], [...path, key])));
  }
  if (Object.is(ours, theirs)) return {};
  return { [path.join(".")]: `here ${JSON.stringify(ours)}, there ${JSON.stringify(theirs)}` };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** AWS's protocols do not tell an empty list from none, nor, in most answers, an empty text. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
