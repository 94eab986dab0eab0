import type { HttpRequest } from "./message.ts";
import type { Model, OperationModel } from "./model.ts";

/** Which operation of a REST service a URL means, and the values in its path. */
export interface Route {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly operation: OperationModel;
  readonly method: string;
  readonly path: RegExp;
  readonly labels: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  /** Of two patterns that fit, the one with more literal characters and static parameters is meant. */
  readonly weight: number;
}

const tables = new WeakMap<Model, readonly Pattern[]>();

/** Undefined: no operation has such a URL. */
export function routeOf(request: HttpRequest, model: Model): Route | undefined {
  let table = tables.get(model);
  if (!table) {
    table = patternsOf(model);
    tables.set(model, table);
  }
  for (const pattern of table) {
    const labels = match(pattern, request);
    if (labels) return { operation: pattern.operation, labels };
  }
  return undefined;
}

function patternsOf(model: Model): Pattern[] {
  const patterns: Pattern[] = [];
  for (const operation of model.operations.values()) {
    if (operation.http) patterns.push(patternOf(operation, operation.http));
  }
  return patterns.sort((a, b) => b.weight - a.weight);
}

function patternOf(operation: OperationModel, http: readonly [string, string, number]): Pattern {
  const [method, uri] = http;
  const [path = "", search = ""] = uri.split("?");
  const query = [...new URLSearchParams(search)];
  const labels: string[] = [];
  let source = "";
  let weight = query.length;
  // `{Label}` is one segment, `{Label+}` is the rest of the path.
  for (const part of path.replace(/\/+$/, "").split(/(\{[^}]+\})/)) {
    if (part.startsWith("{")) {
      labels.push(part.replace(/[{}+]/g, ""));
      source += part.endsWith("+}") ? "(.+)" : "([^/]+)";
    } else {
      weight += part.length;
      source += part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    }
  }
  // A slash at the end means nothing: the `aws` CLI sends one where the SDK for JavaScript does not.
  return { operation, method, path: new RegExp(`^${source}/*$`), labels, query, weight };
}

function match(pattern: Pattern, request: HttpRequest): Record<string, string> | undefined {
  if (pattern.method !== request.method) return undefined;
  if (pattern.query.some(([key, value]) => request.query.get(key) !== value)) return undefined;
  const values = pattern.path.exec(request.path);
  if (!values) return undefined;
  return Object.fromEntries(pattern.labels.map((name, index) => [name, decodeURIComponent(values[index + 1] ?? "")]));
}
