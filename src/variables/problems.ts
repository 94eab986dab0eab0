import { inspect } from "node:util";
import * as z from "zod";
// By name: a value of the namespace `z.core` would carry all of zod, with its 50 languages, into the bundle.
import { $ZodArray, $ZodDefault, $ZodObject, $ZodOptional, $ZodPrefault, $ZodRecord, $ZodUnion } from "zod/v4/core";
import { closest } from "./closest.ts";
import { masked } from "./masked.ts";
import { guesses } from "./values.ts";

/** One thing that is wrong in a variables file. */
export interface Problem {
  /** Where, as one would write it: `devMachine.securityGroup.ingress[0].port`. Empty: the file as a whole. */
  readonly path: string;
  /** What is wrong: `is 70000`, `unknown name`, `missing`. */
  readonly problem: string;
  /** What would be right, in words; absent for an unknown name with a likely meaning. */
  readonly allowed?: string;
  /** What was probably meant. */
  readonly didYouMean?: string;
}

/** Every problem that `schema` finds in `written`, in the order of the file's groups. */
export function problemsOf(error: z.ZodError, schema: z.core.$ZodType, written: unknown): Problem[] {
  const found = new Map<string, Problem>();
  for (const issue of error.issues) {
    for (const problem of readIssue(issue, schema, written)) {
      if (!found.has(problem.path)) found.set(problem.path, problem);
    }
  }
  return [...found.values()];
}

/** `written.stack` names no stack that there is. */
export function unknownStack(stack: unknown, known: readonly string[]): Problem {
  const didYouMean = typeof stack === "string" ? closest(stack, known) : undefined;
  return {
    path: "stack",
    problem: `is ${show(stack)}`,
    allowed: known.length === 1 ? `${known[0]}` : `one of ${known.join(", ")}`,
    ...(didYouMean && { didYouMean }),
  };
}

/** The problems as a person reads them, ending in how many there are and what to do. */
export function describeProblems(file: string, problems: readonly Problem[], next: string): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map(({ path, problem, allowed, didYouMean }) => {
    const what = allowed === undefined ? problem : `${problem}; allowed: ${allowed}`;
    const guess = didYouMean === undefined ? [] : [`did you mean ${didYouMean}?`];
    return path === "" ? [what, ...guess] : [path, ...[what, ...guess].map((line) => `  ${line}`)];
  });
  const body = blocks.flatMap((lines) => lines.map((line) => `  ${line}`));
  return [`${file} cannot be used:`, "", ...body, "", `${count}; nothing was changed. ${next}`].join("\n");
}

function readIssue(
  issue: z.core.$ZodIssue,
  root: z.core.$ZodType,
  written: unknown,
  schema = schemaAt(root, issue.path),
): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownName(issue.path, key, root));
  const meant = issue.code === "invalid_union" ? meantOption(issue, schema) : undefined;
  if (meant) {
    return meant.issues.flatMap((inner) => {
      const at = { ...inner, path: [...issue.path, ...inner.path] };
      return readIssue(at, root, written, inner.path.length === 0 ? meant.option : schemaAt(root, at.path));
    });
  }
  // Where only one option is of the written sort, zod tells its issues as if there were no other.
  if (schema instanceof $ZodUnion && issue.code === "invalid_format") {
    return readIssue(
      issue,
      root,
      written,
      schema._zod.def.options.find((option) => shapeOf(option) === undefined),
    );
  }
  const path = writePath(issue.path);
  const value = valueAt(written, issue.path);
  const allowed = ownWords(issue) ?? describe(schema);
  const nearest = typeof value === "string" ? schema && guesses.get(schema)?.nearest(value) : undefined;
  return [
    {
      path,
      problem: value === undefined ? absent(issue.path, root) : `is ${show(value)}`,
      allowed,
      ...(nearest !== undefined && isAccepted(schema, nearest) && { didYouMean: nearest }),
    },
  ];
}

/** The option of a union that fits the sort of value that was written, so that its own rules can be told; undefined: none does. */
function meantOption(issue: z.core.$ZodIssueInvalidUnion, schema: z.core.$ZodType | undefined) {
  const options = schema instanceof $ZodUnion ? schema._zod.def.options : [];
  const fitting = issue.errors.flatMap((issues, index) => {
    const isOtherSort = issues.some(({ code, path }) => code === "invalid_type" && path.length === 0);
    return isOtherSort ? [] : [{ issues, option: unwrap(options[index]) }];
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Nothing was written: either the value has no default, or its default does not fit what was written elsewhere. */
function absent(path: readonly PropertyKey[], root: z.core.$ZodType): string {
  const inList = path.some((key) => typeof key === "number");
  const value = inList ? undefined : valueAt(z.parse(root, {}), path);
  return value === undefined ? "missing" : `is ${show(value)} by default`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], root);
}

/** A guess is only worth saying if it would be accepted. */
function isAccepted(schema: z.core.$ZodType | undefined, value: string): boolean {
  return schema !== undefined && z.safeParse(schema, value).success;
}

function unknownName(path: readonly PropertyKey[], key: string, root: z.core.$ZodType): Problem {
  const names = Object.keys(shapeOf(schemaAt(root, path)) ?? {});
  const sibling = closest(key, names);
  const elsewhere = sibling === undefined ? pathsTo(key, root) : [];
  const didYouMean = sibling ?? (elsewhere.length > 0 ? elsewhere.join(" or ") : undefined);
  return {
    path: writePath([...path, key]),
    problem: "unknown name",
    ...(didYouMean === undefined ? { allowed: names.join(", ") } : { didYouMean }),
  };
}

/** Where `name` would be known: a value that was written into the wrong group. */
function pathsTo(name: string, schema: z.core.$ZodType, at: readonly string[] = []): string[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, inner]) => {
    const path = [...at, key];
    return [...(key === name ? [writePath(path)] : []), ...pathsTo(name, inner, path)];
  });
}

/** What a rule over several values says about itself; undefined for the checks of one value, which its description covers. */
function ownWords(issue: z.core.$ZodIssue): string | undefined {
  // A name of a record, which zod tells apart from what stands under it.
  if (issue.code === "invalid_key") return "names of letters, digits and _, no digit first";
  return issue.code === "custom" && issue.message !== "Invalid input" ? issue.message : undefined;
}

function describe(schema: z.core.$ZodType | undefined): string {
  const shape = schema instanceof $ZodUnion ? undefined : shapeOf(schema);
  if (shape) return `a group { ${Object.keys(shape).join(", ")} }`;
  return (schema && z.globalRegistry.get(schema)?.description) ?? "another value";
}

/** The schema of the value at `path`, without the wrappers that give it a default. */
function schemaAt(root: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((schema, key) => {
    if (typeof key === "number") return schema instanceof $ZodArray ? unwrap(schema._zod.def.element) : undefined;
    return unwrap(schema instanceof $ZodRecord ? schema._zod.def.valueType : shapeOf(schema)?.[String(key)]);
  }, unwrap(root));
}

function shapeOf(schema: z.core.$ZodType | undefined): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = unwrap(schema);
  // Of a union the one option that has names.
  if (inner instanceof $ZodUnion) return inner._zod.def.options.map(shapeOf).find((shape) => shape !== undefined);
  return inner instanceof $ZodObject ? inner._zod.def.shape : undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const wrapped = schema instanceof $ZodDefault || schema instanceof $ZodPrefault || schema instanceof $ZodOptional;
  return wrapped ? unwrap(schema._zod.def.innerType) : schema;
}

/** A path as one would write it in TypeScript. */
export function writePath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, key) => {
    if (typeof key === "number") return `${before}[${key}]`;
    if (!/^[a-zA-Z_$][\w$]*$/.test(String(key))) return `${before}[${JSON.stringify(String(key))}]`;
    return before === "" ? String(key) : `${before}.${String(key)}`;
  }, "");
}

/** A value as it was written, on one line, without secrets. */
export function show(value: unknown): string {
  const line =
    typeof value === "string"
      ? JSON.stringify(value)
      : inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 });
  const shown = masked(line);
  return shown.length > 120 ? `${shown.slice(0, 119)}…` : shown;
}
