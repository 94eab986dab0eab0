/**
 * Writes what AWS's own service models say about the operations that the sandbox serves (their input, their pages, what
 * clients wait for), as tables in src/sandbox/services/models. The models are botocore's: Debian's `python3-botocore` has them, and every `aws` CLI and boto3.
 *
 * usage: npm run models [FOLDER]   default: the data of the botocore that `python3` imports
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { servicesOf } from "../src/sandbox/services/index.ts";
import {
  type Acceptor,
  expressionOf,
  type Pages,
  type Rules,
  type Shape,
  type Waiter,
} from "../src/sandbox/wire/rules.ts";
import { World } from "../src/sandbox/world/world.ts";
import { LAXER } from "./laxer-than-the-model.ts";

interface BotocoreShape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string; readonly documentation?: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly sensitive?: boolean;
}

interface BotocoreModel {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, BotocoreShape>>;
}

/** One name or several. */
type Names = string | readonly string[];

interface BotocorePages {
  readonly pagination: Readonly<
    Record<string, { readonly input_token: Names; readonly output_token: Names; readonly result_key: Names }>
  >;
}

interface BotocoreWaiters {
  readonly waiters: Readonly<Record<string, Waiter>>;
}

/** Folders of botocore that are not named as the service signs. */
const FOLDERS: Readonly<Record<string, string>> = {
  elasticloadbalancing: "elbv2",
  monitoring: "cloudwatch",
  servicequotas: "service-quotas",
};

const TARGET = path.resolve(import.meta.dirname, "../src/sandbox/services/models");

const data = process.argv[2] ?? dataOfPython();
const world = await World.open({});
for (const { name, operations } of servicesOf(world)) {
  const folder = FOLDERS[name] ?? name;
  const read = <Content>(file: string) => readModel(path.join(data, folder), file) as Content | undefined;
  const names = Object.keys(operations).sort();
  const model = read<BotocoreModel>("service-2.json");
  if (!model) throw new Error(`botocore has no service ${folder}`);
  const pages = pagesOf(read<BotocorePages>("paginators-1.json"), names);
  const waiters = waitersOf(read<BotocoreWaiters>("waiters-2.json"), names);
  writeFileSync(path.join(TARGET, `${folder}.json`), textOf({ ...rulesOf(folder, model, names), pages, waiters }));
}
await world.close();

function dataOfPython(): string {
  const program = "import botocore, os; print(os.path.dirname(botocore.__file__))";
  return path.join(execFileSync("python3", ["-c", program], { encoding: "utf8" }).trim(), "data");
}

/** A file of the newest version of a service's model; Debian keeps them plain, others packed. Undefined: it has none. */
function readModel(folder: string, name: string): unknown {
  const version = path.join(folder, readdirSync(folder).sort().at(-1) ?? "");
  const file = readdirSync(version).find((one) => one.startsWith(name));
  if (file === undefined) return undefined;
  const bytes = readFileSync(path.join(version, file));
  return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

function pagesOf(model: BotocorePages | undefined, operations: readonly string[]): Record<string, Pages> {
  const known = operations.flatMap((operation) => {
    const pages = model?.pagination[operation];
    if (!pages) return [];
    const { input_token: input, output_token: output, result_key: results } = pages;
    return [[operation, { input: [input].flat(), output: [output].flat(), results: [results].flat() }] as const];
  });
  return Object.fromEntries(known);
}

function waitersOf(model: BotocoreWaiters | undefined, operations: readonly string[]): Record<string, Waiter> {
  const known = Object.entries(model?.waiters ?? {}).filter(([, { operation }]) => operations.includes(operation));
  const plain = ({ state, matcher, argument, expected }: Acceptor): Acceptor => ({
    state,
    matcher,
    ...(argument !== undefined && { argument }),
    expected,
  });
  return Object.fromEntries(
    known.map(([name, { operation, delay, maxAttempts, acceptors }]) => [
      name,
      { operation, delay, maxAttempts, acceptors: acceptors.map(plain) },
    ]),
  );
}

function rulesOf(service: string, model: BotocoreModel, operations: readonly string[]): Rules {
  const lax = LAXER[service] ?? {};
  const shapes = new Map<string, Shape | undefined>();
  const inputs: [string, string | null][] = [];
  const filters: [string, string[]][] = [];
  for (const operation of operations) {
    const input = model.operations[operation]?.input?.shape;
    inputs.push([operation, input !== undefined && take(input) ? input : null]);
    const names = filtersOf(model.shapes[input ?? ""]);
    if (["ec2", "rds"].includes(service) && names.length > 0)
      filters.push([operation, [...names, ...(lax.filters?.[operation] ?? [])]]);
  }
  const kept = [...shapes].flatMap(([name, shape]): [string, Shape][] => (shape ? [[name, shape]] : []));
  return {
    operations: Object.fromEntries(inputs),
    shapes: Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1))),
    ...(filters.length > 0 && { filters: Object.fromEntries(filters) }),
  };

  /** Takes a shape and what it consists of. False: nothing in it restricts anything. */
  function take(name: string): boolean {
    if (shapes.has(name)) return shapes.get(name) !== undefined;
    const shape = model.shapes[name];
    if (!shape) throw new Error(`${service} has no shape ${name}`);
    // So that shapes which contain themselves come to an end.
    shapes.set(name, undefined);
    const taken = restrictionsOf(name, shape);
    if (Object.keys(taken).some((key) => key !== "secret")) shapes.set(name, taken);
    return shapes.get(name) !== undefined;
  }

  function restrictionsOf(name: string, shape: BotocoreShape): Shape {
    const without = new Set([...(lax.everywhere ?? []), ...(lax.shapes?.[name] ?? [])]);
    const members = Object.entries(shape.members ?? {}).filter(([member, { shape }]) => {
      return !lax.members?.includes(`${name}.${member}`) && take(shape);
    });
    const required = (shape.required ?? []).filter((member) => !lax.required?.includes(`${name}.${member}`));
    const item = shape.member?.shape ?? shape.value?.shape;
    const key = shape.key?.shape;
    const { min, max, pattern } = shape;
    if (pattern !== undefined) expressionOf(pattern);
    return {
      ...(required.length > 0 && { required }),
      ...(members.length > 0 && { members: Object.fromEntries(members.map(([name, { shape }]) => [name, shape])) }),
      ...(item !== undefined && take(item) && { item }),
      ...(key !== undefined && take(key) && { key }),
      ...(shape.enum && !without.has("enum") && { enum: shape.enum }),
      // A least length of nothing restricts nothing.
      ...(min !== undefined && !without.has("min") && (min > 0 || isNumber(shape)) && { min }),
      ...(max !== undefined && !without.has("max") && { max }),
      ...(pattern !== undefined && !without.has("pattern") && pattern !== ".*" && { pattern }),
      ...(shape.sensitive && { secret: true }),
    };
  }
}

function isNumber({ type }: BotocoreShape): boolean {
  return ["integer", "long", "float", "double"].includes(type);
}

/** What the documentation of EC2's `Filters` names: `<li><p><code>vpc-id</code> - ...`, and other names for the same. */
function filtersOf(input: BotocoreShape | undefined): string[] {
  const documentation = (input?.members?.Filters ?? input?.members?.Filter)?.documentation ?? "";
  const items = documentation.split("<li>").slice(1);
  const names = items.flatMap((item) => {
    const [head = ""] = item.split(" - ");
    const also = [...item.matchAll(/You can also use (.*?) as the filter names?/g)].map(([, text]) => text ?? "");
    return [head, ...also].flatMap((text) =>
      [...text.matchAll(/<code>([^<]+)<\/code>/g)].map(([, name]) => name ?? ""),
    );
  });
  const known = names.map((name) => name.replace(/^tag(:.*)?$/, "tag:"));
  // Older than `tag:KEY`, and not documented any more.
  if (known.includes("tag-key")) known.push("tag-value");
  return [...new Set(known)].sort();
}

/** One shape a line, so that a difference can be read. */
function textOf({ operations, shapes, filters, pages = {}, waiters = {} }: Rules): string {
  const part = (entries: object) =>
    Object.entries(entries).map(([name, one]) => `${JSON.stringify(name)}: ${JSON.stringify(one)}`);
  const block = (name: string, entries: object) => `"${name}": {\n${part(entries).join(",\n")}\n}`;
  const blocks = [
    block("operations", operations),
    block("shapes", shapes),
    ...(filters ? [block("filters", filters)] : []),
    ...(Object.keys(pages).length > 0 ? [block("pages", pages)] : []),
    ...(Object.keys(waiters).length > 0 ? [block("waiters", waiters)] : []),
  ];
  return `{\n${blocks.join(",\n")}\n}\n`;
}
