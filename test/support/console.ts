import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { onTestFinished, vi } from "vitest";
import { browserForTest } from "./chromium.ts";
import { startCli } from "./cli.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** `bia-infra console` as a process, whose page nobody has opened yet. */
export interface ConsoleUp {
  /** With the token; it ends with a slash. */
  readonly url: string;
  readonly pid: number;
  /** Ends it as Ctrl-C does. Answers its exit code. */
  stop(): Promise<number | null>;
}

export async function consoleUp(env: NodeJS.ProcessEnv, cwd: string, ...options: string[]): Promise<ConsoleUp> {
  const { child, ended } = startCli(["console", "--no-open", ...options], env, cwd);
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  const where = () => /http:\S+/.exec(said)?.[0] ?? Promise.reject(new Error(said));
  const url = await vi.waitFor(where, { timeout: 60_000 });
  const stop = async () => {
    child.kill("SIGINT");
    return (await ended).code;
  };
  return { url, pid: child.pid ?? 0, stop };
}

/** Listens to what the console tells until it has told something of all these topics. Answers all that it said. */
export async function heard(url: string, topics: readonly string[]): Promise<string> {
  const stream = await fetch(`${url}events`);
  let said = "";
  for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += text;
    if (topics.every((topic) => said.includes(`event: ${topic}\n`))) break;
  }
  return said;
}

/**
 * A page of the console at one of its views. When the test ends, it must have asked for nothing beyond the console and thrown
 * nothing.
 *
 * @param options of the browser's page, e.g. its size
 */
export async function openConsole(
  skip: (reason: string) => never,
  url: string,
  view: string,
  options: object = {},
): Promise<Page> {
  const browser = await browserForTest(skip);
  const page = await browser.newPage(options);
  const abroad: string[] = [];
  page.on("request", (request) => !request.url().startsWith(url) && abroad.push(request.url()));
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  onTestFinished(() => {
    if (abroad.length + errors.length > 0) throw new Error(JSON.stringify({ abroad, errors }));
  });
  await page.goto(`${url}#${view}`);
  return page;
}

/** What axe finds on a page that is serious. */
export async function seriousOn(page: Page): Promise<string[]> {
  // The page lets in no script of others: the tool's own way in is not the page's.
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate("axe.run()");
  const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
