import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { browserForTest } from "./chromium.ts";
import { startCli } from "./cli.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** `bia-infra console` as a process, whose page nobody has opened yet. */
export interface ConsoleUp {
  /** With the token; it ends with a slash. */
  readonly url: string;
  /** What it has said to a person up to now. */
  said(): string;
  /** Ends it as Ctrl-C does. Answers its exit code. */
  stop(): Promise<number | null>;
}

/** @throws Error with what it said, if it ends before there is a page */
export async function consoleUp(env: NodeJS.ProcessEnv, cwd: string, ...options: string[]): Promise<ConsoleUp> {
  const { child, ended } = startCli(["console", "--no-open", ...options], env, cwd);
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (text) => {
      said += text;
      const [where] = /http:\S+\/(?=\n)/.exec(said) ?? [];
      if (where) resolve(where);
    });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const stop = async () => {
    child.kill("SIGINT");
    return (await ended).code;
  };
  return { url, said: () => said, stop };
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
