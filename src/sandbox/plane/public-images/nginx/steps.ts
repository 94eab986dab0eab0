import { statSync } from "node:fs";
import { onThisComputer } from "../../packages/programs/files.ts";
import type { Context } from "./context.ts";
import { type Exchange, remember } from "./exchange.ts";
import type { Directive } from "./parse.ts";
import { expand } from "./variables.ts";

/** What `return`, `rewrite`, `set` and `if` come to. */
export type Step =
  | { readonly kind: "on" }
  /** A location is looked for again. */
  | { readonly kind: "again" }
  | { readonly kind: "answer"; readonly status: number; readonly text: string };

const ON: Step = { kind: "on" };

/** Takes the steps that stand in a context, in their order. (https://nginx.org/en/docs/http/ngx_http_rewrite_module.html) */
export function takeSteps(context: Context, exchange: Exchange, within: Context = context): Step {
  const before = exchange.uri;
  for (const directive of context.directives) {
    const step = take(directive, exchange, within);
    if (step === "break") return ON;
    if (step) return step;
  }
  return exchange.uri === before ? ON : { kind: "again" };
}

function take({ name, args, block }: Directive, exchange: Exchange, within: Context): Step | "break" | undefined {
  if (name === "break") return "break";
  if (name === "set") exchange.set.set((args[0] ?? "").slice(1), expand(args[1] ?? "", exchange, within));
  if (name === "return") return returned(args, exchange, within);
  if (name === "rewrite") return rewritten(args, exchange, within);
  if (name !== "if" || !holds(args, exchange, within)) return undefined;
  const step = takeSteps({ directives: block ?? [], parent: within }, exchange, within);
  return step.kind === "on" ? undefined : step;
}

function returned([first = "", second]: readonly string[], exchange: Exchange, within: Context): Step {
  const isStatus = /^\d{3}$/.test(first);
  const text = expand(second ?? (isStatus ? "" : first), exchange, within);
  return { kind: "answer", status: isStatus ? Number(first) : 302, text };
}

function rewritten(
  [pattern = "", replacement = "", flag]: readonly string[],
  exchange: Exchange,
  within: Context,
): Step | "break" | undefined {
  const caught = new RegExp(pattern).exec(exchange.uri);
  if (!caught) return undefined;
  remember(exchange, caught);
  const target = expand(replacement, exchange, within);
  const isElsewhere = /^https?:\/\//.test(replacement) || replacement.startsWith("$scheme");
  if (isElsewhere || flag === "redirect" || flag === "permanent") {
    const query = exchange.args !== "" && !target.includes("?") ? `?${exchange.args}` : "";
    return { kind: "answer", status: flag === "permanent" ? 301 : 302, text: target.replace(/\?$/, "") + query };
  }
  const [path = "", query] = target.split("?");
  exchange.uri = path;
  if (query !== undefined) exchange.args = [query, exchange.args].filter((one) => one !== "").join("&");
  if (flag === "break") return "break";
  return flag === "last" ? { kind: "again" } : undefined;
}

/** `($variable)`, `($variable = text)`, `!=`, `~`, `~*`, `!~`, `!~*`, `-f`, `-d`, `-e`. */
function holds(args: readonly string[], exchange: Exchange, within: Context): boolean {
  const words = args.join(" ").replace(/^\(\s*|\s*\)$/g, "");
  const [, test = "", path = ""] = /^(!?-[fde])\s+(\S+)$/.exec(words) ?? [];
  if (test !== "") {
    const found = statSync(onThisComputer(expand(path, exchange, within)), { throwIfNoEntry: false });
    const is = test.endsWith("f") ? found?.isFile() : test.endsWith("d") ? found?.isDirectory() : found !== undefined;
    return (is ?? false) !== test.startsWith("!");
  }
  const [, left = "", operator = "", right = ""] = /^(\S+)(?:\s+(!?~\*?|!?=)\s*(.*))?$/.exec(words) ?? [];
  const value = expand(left, exchange, within);
  if (operator === "") return value !== "" && value !== "0";
  if (operator === "=" || operator === "!=") return (value === expand(right, exchange, within)) === (operator === "=");
  const caught = new RegExp(right, operator.endsWith("*") ? "i" : "").exec(value);
  remember(exchange, caught ?? undefined);
  return (caught !== null) !== operator.startsWith("!");
}
