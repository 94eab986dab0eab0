import type { Report } from "../engine/event.ts";
import { duration } from "./duration.ts";

/** What a run came to, as Markdown for the summary of a job on GitHub Actions. */
export function stepSummary({ command, exitCode, outputs, tasks, error, probe, ms }: Report): string {
  const failed = error ?? tasks.find((task) => task.error)?.error;
  const title = failed
    ? failed.what
    : outputs.version === undefined
      ? `${command}: done`
      : `version ${outputs.version} is deployed`;
  const rows = [
    ...Object.entries(outputs).map(([name, value]) => [name, `\`${value}\``] as const),
    ...(probe
      ? [["requests", `${probe.failed} of ${probe.requests} failed, slowest ${duration(probe.slowestMs)}`] as const]
      : []),
    ["took", duration(ms)] as const,
    ...(exitCode === 0 ? [] : [["exit code", `${exitCode}`] as const]),
  ];
  const reason = failed ? ["", fenced(failed.why), "", failed.next] : [];
  const lines = [
    `### ${exitCode === 0 ? "✅" : "❌"} ${title}`,
    "",
    "| | |",
    "|---|---|",
    ...rows.map(([name, value]) => `| ${name} | ${value.replaceAll("|", "\\|")} |`),
    ...reason,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** A block of code that what stands in it cannot end. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
