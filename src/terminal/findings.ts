import type { Style } from "./style.ts";
import { lines } from "./text.ts";

/** One thing that was looked at, as `doctor` tells it. */
interface Told {
  readonly level: "ok" | "note" | "problem" | "unknown";
  readonly subject: string;
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Findings as a person reads them, each with what to do, and how many problems there are as the last line. */
export function findingLines(findings: readonly Told[], style: Style): string[] {
  const { color, symbols } = style;
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const signs = {
    ok: color.green(symbols.done),
    note: color.yellow(symbols.warning),
    problem: color.red(symbols.failed),
    unknown: color.yellow("?"),
  };
  const body = findings.flatMap(({ level, subject, text, next }) => {
    const [first = "", ...rest] = lines(text);
    const indent = " ".repeat(width + 4);
    return [
      `${signs[level]} ${color.bold(subject.padEnd(width))}  ${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(next === undefined ? [] : [`${indent}${color.cyan(symbols.next)} ${next}`]),
    ];
  });
  return [...body, "", summary(findings)];
}

function summary(findings: readonly Told[]): string {
  const count = (level: Told["level"]) => findings.filter((one) => one.level === level).length;
  const problems = count("problem");
  const unknown = count("unknown") === 0 ? "" : `, ${count("unknown")} could not be looked at`;
  if (problems === 0) return `no problem found${unknown}`;
  return `${problems === 1 ? "1 problem" : `${problems} problems`}${unknown}`;
}
