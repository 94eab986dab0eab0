import { BlockList } from "node:net";
import type { ConditionConfig, RuleConfig } from "../config.ts";
import type { Asked } from "./asked.ts";

type Fits = (asked: Asked) => boolean;

/** Rules that are ready to be asked. */
export class Rules {
  readonly #rules: readonly { readonly conditions: readonly Fits[]; readonly rule: RuleConfig }[];

  constructor(rules: readonly RuleConfig[]) {
    this.#rules = rules.map((rule) => ({ conditions: rule.conditions.map(compiled), rule }));
  }

  /** The rule that says what becomes of a request; undefined: none fits. */
  ruleFor(asked: Asked): RuleConfig | undefined {
    return this.#rules.find(({ conditions }) => conditions.every((fits) => fits(asked)))?.rule;
  }
}

/** ("Condition types for listener rules": paths and methods are sensitive to case, the others are not.) */
function compiled(condition: ConditionConfig): Fits {
  switch (condition.field) {
    case "host-header": {
      const fits = anyOf(condition.values, "i");
      return ({ host }) => fits(host);
    }
    case "path-pattern": {
      const fits = anyOf(condition.values, "");
      return ({ path }) => fits(path);
    }
    case "http-header": {
      const fits = anyOf(condition.values, "i");
      const name = condition.name.toLowerCase();
      return ({ headers }) => [headers[name] ?? []].flat().some(fits);
    }
    case "http-request-method":
      return ({ method }) => condition.values.includes(method);
    case "query-string":
      return queryFits(condition.values);
    case "source-ip":
      return sourceFits(condition.values);
  }
}

function queryFits(values: readonly { readonly key?: string; readonly value: string }[]): Fits {
  const wanted = values.map(({ key, value }) => ({
    isKey: key === undefined ? () => true : anyOf([key], "i"),
    isValue: anyOf([value], "i"),
  }));
  return ({ query }) => {
    const given = [...new URLSearchParams(query)];
    return given.some(([key, value]) => wanted.some(({ isKey, isValue }) => isKey(key) && isValue(value)));
  };
}

function sourceFits(blocks: readonly string[]): Fits {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = "", length = "32"] = block.split("/");
    list.addSubnet(network, Number(length), network.includes(":") ? "ipv6" : "ipv4");
  }
  return ({ source }) =>
    list.check(source.replace(/^::ffff:/, ""), source.startsWith("::ffff:") || !source.includes(":") ? "ipv4" : "ipv6");
}

function anyOf(patterns: readonly string[], flags: "i" | ""): (text: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, `s${flags}`);
  });
  return (text) => expressions.some((expression) => expression.test(text));
}
