/** A template cannot be read or does not fit the data; worded as Go's text/template words it. */
export class TemplateError extends Error {}

type Value = unknown;
type Node = { text: string } | { print: string } | { block: Block };
interface Block {
  keyword: "if" | "range" | "with";
  pipeline: string;
  body: Node[];
  otherwise: Node[];
}

/** What names in an action mean. */
interface Scope {
  readonly dot: Value;
  readonly root: Value;
  /** By name with the `$`. */
  readonly variables: Readonly<Record<string, Value>>;
}

/**
 * Fills in the part of Go's text/template that docker's `--format` is used with: fields, `json`, `join`, `index`, `len`,
 * `upper`, `lower`, `println`, comparisons, `not`, pipes, parentheses, `if`, `range`, `with`, `else` and the variables of
 * `range`.
 *
 * @throws TemplateError
 */
export function fillTemplate(template: string, data: Value): string {
  const tokens = template.split(/(\{\{-?\s*.*?\s*-?\}\})/s);
  const { nodes } = parse(trimmed(tokens), 0, false);
  return fill(nodes, { dot: data, root: data, variables: {} });
}

function fill(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => show(node, scope)).join("");
}

/** `{{-` and `-}}` take the white space beside them away. */
function trimmed(tokens: string[]): string[] {
  return tokens.map((token, at) => {
    if (at % 2 === 1) return token;
    const after = tokens[at - 1]?.endsWith("-}}") ? token.trimStart() : token;
    return tokens[at + 1]?.startsWith("{{-") ? after.trimEnd() : after;
  });
}

interface Parsed {
  nodes: Node[];
  /** Where the block ended, and by what. */
  at: number;
  end: string;
}

function parse(tokens: readonly string[], from: number, inBlock: boolean): Parsed {
  const nodes: Node[] = [];
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] ?? "";
    const action = at % 2 === 1 ? token.replace(/^\{\{-?\s*|\s*-?\}\}$/g, "") : undefined;
    const [, keyword, pipeline = ""] = /^(if|range|with|else|end)\b\s*(.*)$/s.exec(action ?? "") ?? [];
    if (action === undefined) nodes.push({ text: token });
    else if (keyword === "end" || keyword === "else") {
      if (!inBlock) throw new TemplateError(`template parsing error: template: :1: unexpected {{${keyword}}}`);
      return { nodes, at, end: action };
    } else if (keyword === undefined) nodes.push({ print: action });
    else {
      const body = parse(tokens, at + 1, true);
      const otherwise = body.end === "else" ? parse(tokens, body.at + 1, true) : undefined;
      if (body.end !== "else" && body.end !== "end") throw new TemplateError(`template with {{${body.end}}}`);
      at = (otherwise ?? body).at;
      const block = { keyword: keyword as Block["keyword"], pipeline, body: body.nodes };
      nodes.push({ block: { ...block, otherwise: otherwise?.nodes ?? [] } });
    }
  }
  if (inBlock) throw new TemplateError("template parsing error: template: :1: unexpected EOF");
  if (nodes.some((node) => "text" in node && node.text.includes("{{"))) {
    throw new TemplateError("template parsing error: template: :1: unclosed action");
  }
  return { nodes, at: tokens.length, end: "" };
}

function show(node: Node, scope: Scope): string {
  if ("text" in node) return node.text;
  if ("print" in node) return text(evaluate(node.print, scope));
  const { keyword, pipeline, body, otherwise } = node.block;
  const [, key, item, source = pipeline] = /^(?:(\$\w+)\s*,\s*)?(\$\w+)\s*:=\s*(.*)$/s.exec(pipeline) ?? [];
  const value = evaluate(source, scope);
  const inside = (dot: Value, index: Value) => {
    const variables = { ...scope.variables, ...(key && { [key]: index }), ...(item && { [item]: dot }) };
    return fill(body, { ...scope, dot, variables });
  };
  if (!isTrue(value)) return fill(otherwise, scope);
  if (keyword === "if") return fill(body, scope);
  if (keyword === "with") return inside(value, undefined);
  return Object.entries(value as object)
    .map(([index, one]) => inside(one, index))
    .join("");
}

function evaluate(pipeline: string, scope: Scope): Value {
  const tokens = pipeline.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|\)(?:\.\w+)*|[|(]|[^\s|()]+/g) ?? [];
  const value = pipe(tokens, scope);
  if (tokens.length === 0) return value;
  throw new TemplateError(`template parsing error: template: :1: unexpected ${JSON.stringify(tokens[0])} in command`);
}

/** `.Names | upper`: each stage gets the value of the one before as its last argument. Takes its tokens away. */
function pipe(tokens: string[], scope: Scope): Value {
  let value = call(tokens, scope, []);
  while (tokens[0] === "|") {
    tokens.shift();
    value = call(tokens, scope, [value]);
  }
  return value;
}

function call(tokens: string[], scope: Scope, given: readonly Value[]): Value {
  const [first = ""] = tokens;
  const run = functions[first];
  if (run) tokens.shift();
  const values: Value[] = [];
  while (tokens[0] !== undefined && tokens[0] !== "|" && !tokens[0].startsWith(")"))
    values.push(operand(tokens, scope));
  if (run) return run(...values, ...given);
  const [value, ...args] = [...values, ...given];
  if (typeof value === "function") return value(...args);
  if (args.length === 0) return value;
  throw new TemplateError(`template: :1:2: executing "" at <${first}>: can't give argument to non-function ${first}`);
}

function operand(tokens: string[], scope: Scope): Value {
  const token = tokens.shift() ?? "";
  if (token !== "(") return term(token, scope);
  const value = pipe(tokens, scope);
  const close = tokens.shift();
  if (close === undefined) throw new TemplateError("template parsing error: template: :1: unclosed left paren");
  return fields(value, close.slice(1));
}

function term(word: string, { dot, root, variables }: Scope): Value {
  if (word === ".") return dot;
  if (word.startsWith('"')) return JSON.parse(word);
  if (word.startsWith("`")) return word.slice(1, -1);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (word === "true" || word === "false") return word === "true";
  const [, name, path = ""] = /^(\$\w*)?((?:\.\w+)*)$/.exec(word) ?? [];
  if (name === undefined && path === "") {
    throw new TemplateError(`template parsing error: template: :1: function "${word}" not defined`);
  }
  if (name === undefined) return fields(dot, path);
  if (name !== "$" && !(name in variables)) {
    throw new TemplateError(`template parsing error: template: :1: undefined variable "${name}"`);
  }
  return fields(name === "$" ? root : variables[name], path);
}

/** The value at `.State.Health`; that of an empty path is the value itself. */
function fields(value: Value, path: string): Value {
  return path
    .split(".")
    .slice(1)
    .reduce((inner: Value, name) => field(inner, name), value);
}

function field(value: Value, name: string): Value {
  if (typeof value === "object" && value !== null && name in value) return (value as Record<string, Value>)[name];
  // A map without the key has no value; a structure without the field is an error of the template.
  const isMap = typeof value !== "object" || value === null || !Object.keys(value).some((key) => /^[A-Z]/.test(key));
  if (isMap) return undefined;
  throw new TemplateError(
    `template: :1:2: executing "" at <.${name}>: can't evaluate field ${name} in type interface {}`,
  );
}

const functions: Readonly<Record<string, (...args: Value[]) => Value>> = {
  json: (value) => JSON.stringify(value),
  join: (list, separator) => (list as string[]).join(String(separator)),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  len: (value) => (typeof value === "string" ? value.length : Object.keys(value as object).length),
  index: (value, ...keys) => keys.reduce((inner: Value, key) => (inner as Record<string, Value>)?.[String(key)], value),
  println: (...values) => `${values.map(text).join(" ")}\n`,
  eq: (value, ...others) => others.includes(value),
  ne: (value, other) => value !== other,
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
};

function isTrue(value: Value): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As Go prints a value. */
function text(value: Value): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(text).join(" ")}]`;
  if (typeof value === "object") {
    return `map[${Object.entries(value)
      .map(([key, one]) => `${key}:${text(one)}`)
      .join(" ")}]`;
  }
  return String(value);
}
