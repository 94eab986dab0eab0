import { notEmulated } from "../../../wire/service.ts";
import { AGGREGATES, NOT_EMULATED, period, SCALARS } from "./functions.ts";
import type { Column, Command, Expression } from "./query.ts";
import { malformed, type Token, tokensOf } from "./tokens.ts";

/** Commands of CloudWatch Logs Insights that are refused by name. */
const OTHER_COMMANDS = /^(parse|pattern|diff|anomaly|unmask|unnest|lookup|join|source|filterIndex|SOURCE)$/;

/** The steps of a query in CloudWatch Logs Insights' own language. @throws AwsError */
export function parse(query: string): Command[] {
  return new Parser(query).commands();
}

/** Operators by how tightly they bind, loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["=", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
  ["^"],
];

class Parser {
  readonly #query: string;
  readonly #tokens: Token[];
  #next = 0;

  constructor(query: string) {
    this.#query = query;
    this.#tokens = tokensOf(query);
  }

  commands(): Command[] {
    const commands = [this.#command()];
    while (this.#takes("|")) commands.push(this.#command());
    if (this.#peek()) throw this.#unexpected();
    return commands;
  }

  #command(): Command {
    const { text = "", is } = this.#take() ?? {};
    if (is !== "name") throw this.#unexpected(-1);
    switch (text.toLowerCase()) {
      case "fields":
      case "display":
        return { is: text.toLowerCase() as "fields" | "display", columns: this.#columns() };
      case "filter":
        return { is: "filter", condition: this.#expression() };
      case "stats": {
        const columns = this.#columns();
        return { is: "stats", columns, by: this.#takes("by") ? this.#columns() : [] };
      }
      case "sort":
        return { is: "sort", by: this.#list(() => this.#order()) };
      case "dedup":
        return { is: "dedup", by: this.#columns() };
      case "limit":
      case "head":
        return { is: "limit", most: this.#number() };
      default:
        if (OTHER_COMMANDS.test(text)) throw notEmulated(`the command ${text} of CloudWatch Logs Insights`);
        throw this.#unexpected(-1);
    }
  }

  #order() {
    const expression = this.#expression();
    const down = this.#takes("desc");
    if (!down) this.#takes("asc");
    return { expression, down };
  }

  #number(): number {
    const token = this.#take();
    if (token?.is !== "number") throw this.#unexpected(-1);
    return Number(token.text);
  }

  #columns(): Column[] {
    return this.#list(() => this.#column());
  }

  /** Without a name of its own it is called as it is written. */
  #column(): Column {
    const from = this.#peek()?.at ?? this.#query.length;
    const expression = this.#expression();
    const written = this.#query.slice(from, this.#peek()?.at ?? this.#query.length).trim();
    if (!this.#takes("as")) return { name: expression.is === "field" ? expression.name : written, expression };
    const name = this.#take();
    if (name?.is !== "name") throw this.#unexpected(-1);
    return { name: name.text, expression };
  }

  #list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.#takes(",")) items.push(item());
    return items;
  }

  #expression(level = 0): Expression {
    const signs = LEVELS[level];
    if (!signs) return this.#unary();
    let left = this.#expression(level + 1);
    for (;;) {
      const sign = signs.find((one) => this.#takes(one));
      if (sign !== undefined) {
        left = { is: "operation", sign, of: [left, this.#expression(level + 1)] };
        continue;
      }
      const tested = level === COMPARING ? this.#test(left) : undefined;
      if (!tested) return left;
      left = tested;
    }
  }

  /** `like`, `=~` and `in`, with or without `not` before them. */
  #test(what: Expression): Expression | undefined {
    const isNot = this.#peek()?.text.toLowerCase() === "not" && /^(like|in)$/i.test(this.#peek(1)?.text ?? "");
    if (isNot) this.#take();
    const wrap = (test: Expression): Expression => (isNot ? { is: "operation", sign: "not", of: [test] } : test);
    if (this.#takes("like") || this.#takes("=~")) return wrap({ is: "like", what, pattern: this.#pattern() });
    if (!this.#takes("in")) return undefined;
    this.#expect("[");
    const list = this.#list(() => this.#expression(COMPARING + 1));
    this.#expect("]");
    return wrap({ is: "in", what, list });
  }

  /** A text stands for itself, a regular expression for what it matches. */
  #pattern(): RegExp {
    const token = this.#take();
    if (token?.is === "text") return new RegExp(token.text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    if (token?.is !== "expression") throw this.#unexpected(-1);
    try {
      // Java's way to ignore upper and lower case.
      const isLoose = token.text.startsWith("(?i)");
      return new RegExp(isLoose ? token.text.slice("(?i)".length) : token.text, isLoose ? "i" : "");
    } catch {
      throw this.#unexpected(-1);
    }
  }

  #unary(): Expression {
    if (this.#takes("not")) return { is: "operation", sign: "not", of: [this.#expression(COMPARING)] };
    if (this.#takes("-")) {
      return { is: "operation", sign: "-", of: [{ is: "value", value: 0 }, this.#unary()] };
    }
    if (this.#takes("(")) {
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    const token = this.#take();
    if (token?.is === "number") return { is: "value", value: Number(token.text) };
    if (token?.is === "text") return { is: "value", value: token.text };
    if (token?.is !== "name") throw this.#unexpected(-1);
    return this.#takes("(") ? this.#call(token.text) : { is: "field", name: token.text };
  }

  #call(written: string): Expression {
    const name = written.toLowerCase();
    if (NOT_EMULATED.has(written)) throw notEmulated(`the function ${written} of CloudWatch Logs Insights`);
    if (!Object.hasOwn(SCALARS, name) && !Object.hasOwn(AGGREGATES, name)) throw this.#unexpected(-2);
    // `count(*)` counts events.
    const isOfAll = this.#takes("*") || this.#peek()?.text === ")";
    const of = isOfAll ? [] : this.#list(() => (name === "bin" ? this.#period() : this.#expression()));
    this.#expect(")");
    return { is: "call", name, of: name === "bin" ? [{ is: "field", name: "@timestamp" }, ...of] : of };
  }

  #period(): Expression {
    const value = this.#take()?.text ?? "";
    if (period(value) === undefined) throw this.#unexpected(-1);
    return { is: "value", value };
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected();
  }

  /** Takes a sign or a keyword, if it is the next. */
  #takes(text: string): boolean {
    const token = this.#peek();
    if (!token || (token.is !== "sign" && token.is !== "name") || token.text.toLowerCase() !== text) return false;
    this.#next++;
    return true;
  }

  #take(): Token | undefined {
    return this.#tokens[this.#next++];
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }

  #unexpected(ahead = 0) {
    const token = this.#peek(ahead);
    return malformed(token?.text ?? "", this.#query, token?.at ?? this.#query.length);
  }
}

const COMPARING = LEVELS.findIndex((signs) => signs.includes("="));
