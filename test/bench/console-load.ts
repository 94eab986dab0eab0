import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { LoadClient } from "../../src/load/load.ts";
import { Tally } from "../../src/load/tally.ts";
import { launchChromium } from "../support/chromium.ts";
import { bareEnvironment, reportOf, runCli } from "../support/cli.ts";
import { consoleUp } from "../support/console.ts";
import { beside, printHead, printRow } from "./table.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");

/** Requests a second, evenly spaced. */
const RATE = 1000;

/** Seconds without the page, and as many with it. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? "50");

/** Seconds until it is the other's turn: a computer that is busy with something else is so for both. */
const TURN_SECONDS = Math.min(5, SECONDS);

/** Seconds that do not count: connections are made, code is compiled, and a page is read. */
const WARM_UP_SECONDS = 2;

/** As in the part `load-balancer`. */
const CONNECTING = { connections: 50, kept: 50_000 };

/** Each in turn. */
const VIEWS = ["network", "deploy", "stack", "machines", "runs"] as const;

/** What a console with its page open adds to requests through the load balancer: both beside a daemon of its own, as a person has them. */
export async function printConsoleLoad(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-console-load-"));
  const env = bareEnvironment({
    BIA_SANDBOX_HOME: path.join(folder, "sandbox"),
    XDG_STATE_HOME: path.join(folder, "state"),
    BIA_SANDBOX_DELAYS: "none",
  });
  await cp(TINY_APP, path.join(folder, "app"), { recursive: true });
  await mkdir(path.join(folder, "config"));
  await writeFile(path.join(folder, "config", "bia.ts"), 'export default { app: { source: "../app" } };\n');
  try {
    const { outputs, error } = reportOf(await runCli(["create", "--all", "--json"], env, folder));
    if (error) throw new Error(error.why);
    await printTurns(env, folder, new URL(outputs["load balancer"] ?? ""));
  } finally {
    await runCli(["sandbox", "stop"], env, folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function printTurns(env: NodeJS.ProcessEnv, folder: string, site: URL): Promise<void> {
  const served = await consoleUp(env, folder);
  const browser = await launchChromium();
  const page = await browser.newPage();
  const client = new LoadClient(site, CONNECTING);
  const turn = async (prepare: () => Promise<unknown>, whole: Tally) => {
    await prepare();
    await paced(client, WARM_UP_SECONDS);
    const tally = await paced(client, TURN_SECONDS);
    whole.add(tally);
    return tally;
  };
  try {
    const title = `Load balancer: p50 / p99 in ms at ${RATE} requests a second, in turns of ${TURN_SECONDS} s`;
    printHead(title, ["view", "without the page", "with it"]);
    const [without, withPage] = [new Tally(), new Tally()];
    for (let round = 0; round < SECONDS / TURN_SECONDS; round += 1) {
      const view = VIEWS[round % VIEWS.length] as string;
      const alone = await turn(() => page.goto("about:blank"), without);
      printRow([view, inWords(alone), inWords(await turn(() => show(page, served.url, view), withPage))]);
    }
    printRow(["all", inWords(without), inWords(withPage)]);
    const ratio = (percent: number) => beside(withPage.percentile(percent), without.percentile(percent));
    printRow(["with / without", "", `${ratio(50)} / ${ratio(99)}`]);
  } finally {
    await client.close();
    await browser.close();
    await served.stop();
  }
}

/** Resolves once the view shows what has been looked at. */
async function show(page: Page, url: string, view: string): Promise<void> {
  await page.goto(`${url}#${view}`);
  await page
    .locator("main")
    .locator("[data-look], [data-target], [data-deployment], [data-machine], tbody tr")
    .first()
    .waitFor();
}

async function paced(client: LoadClient, seconds: number): Promise<Tally> {
  const tally = new Tally();
  await client.load({ rate: RATE, duration: seconds * 1000, tally });
  return tally;
}

function inWords(tally: Tally): string {
  const failed = tally.failures > 0 ? `, ${tally.failures} failed` : "";
  return `${tally.percentile(50).toFixed(2)} / ${tally.percentile(99).toFixed(2)}${failed}`;
}
