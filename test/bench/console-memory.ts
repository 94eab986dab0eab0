import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { CDPSession } from "playwright-core";
import WebSocket from "ws";
import { LoadClient } from "../../src/load/load.ts";
import { Tally } from "../../src/load/tally.ts";
import { launchChromium } from "../support/chromium.ts";
import { reportOf, runCli } from "../support/cli.ts";
import { consoleUp } from "../support/console.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";
import { printHead, printRow } from "./table.ts";

/** Seconds of all of it, rows, and seconds between two rolls of the service. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? "300");
const ROWS = 15;
const ROLL_SECONDS = 4;

/** Requests a second through the load balancer meanwhile. */
const RATE = 100;

const VIEWS = ["stack", "network", "deploy", "runs"] as const;

/**
 * What the console's process and its page hold after a collection of garbage, each view open in turn, beside a stack that answers
 * requests and whose service is rolled all the time: what takes an hour at AWS's pace happens here in minutes.
 */
export async function printConsoleMemory(): Promise<void> {
  const up = await stackUp();
  const served = await consoleUp({ ...up.env, NODE_OPTIONS: "--inspect=127.0.0.1:0" }, up.folder);
  const collect = await inspected(/ws:\S+/.exec(served.said())?.[0] ?? "");
  const browser = await launchChromium();
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  const client = new LoadClient(new URL(await balancerOf(up)), { connections: 10 });
  const head = ["s", "view", "process MB", "page MB", "nodes", "rolls", "requests"];
  printHead(`Console: what it holds, at ${RATE} requests a second and a roll every ${ROLL_SECONDS} s`, head);
  const tally = new Tally();
  let rolls = 0;
  for (let row = 1; row <= ROWS; row += 1) {
    const view = VIEWS[row % VIEWS.length] as string;
    // The same page all the time: opened anew it would forget.
    if (row === 1) await page.goto(`${served.url}#${view}`);
    else await page.evaluate(`location.hash = "${view}"`);
    const loading = client.load({ rate: RATE, duration: (SECONDS / ROWS) * 1000, tally });
    for (let spent = 0; spent < SECONDS / ROWS; spent += ROLL_SECONDS) {
      await roll(up);
      rolls += 1;
      await setTimeout(ROLL_SECONDS * 1000);
    }
    await loading;
    const { megabytes, nodes } = await held(session);
    printRow([Math.round((row * SECONDS) / ROWS), view, await collect(), megabytes, nodes, rolls, tally.answers]);
  }
  await client.close();
  await browser.close();
  await served.stop();
  await takeDown(up);
}

async function balancerOf(up: StackUp): Promise<string> {
  return reportOf(await runCli(["status", "--json"], up.env, up.folder)).outputs["load balancer"] ?? "";
}

/** New tasks in place of those that run, one after the other. */
function roll({ aws }: StackUp): Promise<unknown> {
  const service = { cluster: "cluster-bia-alb", service: "service-bia-alb" };
  return aws.ecs.send(new UpdateServiceCommand({ ...service, forceNewDeployment: true }));
}

/** Over a process's inspector: collects its garbage, and answers how many megabytes are left. */
async function inspected(url: string): Promise<() => Promise<string>> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  let id = 0;
  const ask = async (method: string) => {
    id += 1;
    socket.send(JSON.stringify({ id, method }));
    for (;;) {
      const [data] = await once(socket, "message");
      const answer = JSON.parse(String(data));
      if (answer.id === id) return answer.result;
    }
  };
  return async () => {
    await ask("HeapProfiler.collectGarbage");
    return inMegabytes((await ask("Runtime.getHeapUsage")).usedSize);
  };
}

async function held(session: CDPSession): Promise<{ megabytes: string; nodes: number }> {
  await session.send("Performance.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { megabytes: inMegabytes(of("JSHeapUsedSize")), nodes: of("Nodes") };
}

function inMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
