import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LoadClient } from "../../src/load/load.ts";
import { Tally } from "../../src/load/tally.ts";
import { type Way, withWays } from "./load/ways.ts";
import { printHead, printRow } from "./table.ts";

const FASTEST = fileURLToPath(new URL("./load/fastest.ts", import.meta.url));

/** Requests a second. */
const RATE = 1000;

/** Seconds of each way at that rate, and a sixth of it at full speed. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? "60");

/** Seconds until it is the next way's turn: a computer that is busy with something else is so for all. */
const TURN_SECONDS = Math.min(5, SECONDS);
const FAST_SECONDS = Math.max(1, Math.round(SECONDS / 6));

/** Seconds of each way that do not count: connections are made, and code is compiled. */
const WARM_UP_SECONDS = 2;

/** Enough for this rate; a hundred handshakes at once after a hiccup of this computer would be measured instead. */
const CONNECTIONS = 50;

/** Milliseconds that connections stay open, which is longer than until it is a way's turn again. */
const KEPT_MS = 50_000;

/** What the sandbox's load balancers add to a request, beside what nginx does. Each row is printed as it comes. */
export function printLoadBalancer(): Promise<void> {
  return withWays(async (all) => {
    const tallies = await printTurns(all);
    const head = ["way", "requests/s", "failed", "p50 ms", "p99 ms", "added at p99", "most requests/s", "failed"];
    printHead(
      `Load balancer, all turns together (${SECONDS} s each way); then as fast as 50 clients are answered, for ${FAST_SECONDS} s`,
      head,
    );
    for (const [index, way] of all.entries()) {
      const tally = tallies[index] ?? new Tally();
      const direct = tallies[all.findIndex(({ protocol, by }) => protocol === way.protocol && by === "direct")];
      const { answers, failures } = await fastest(way.url);
      printRow([
        nameOf(way),
        Math.round(tally.answers / SECONDS),
        tally.failures,
        tally.percentile(50).toFixed(2),
        tally.percentile(99).toFixed(2),
        way.by === "direct" || !direct ? "" : (tally.percentile(99) - direct.percentile(99)).toFixed(2),
        Math.round(answers / FAST_SECONDS),
        failures,
      ]);
    }
  });
}

/** What came of each way, in all of its turns. */
async function printTurns(all: readonly Way[]): Promise<Tally[]> {
  printHead(
    `Load balancer: p50 / p99 in ms, at ${RATE} requests a second, evenly spaced, for 1 kB answers, in turns of ${TURN_SECONDS} s`,
    ["turn", ...all.map(nameOf)],
  );
  const tallies = all.map(() => new Tally());
  const connecting = { rejectUnauthorized: false, connections: CONNECTIONS, kept: KEPT_MS };
  const clients = all.map(({ url }) => new LoadClient(url, connecting));
  for (const client of clients) await paced(client, WARM_UP_SECONDS);
  for (let turn = 1; turn <= SECONDS / TURN_SECONDS; turn += 1) {
    const cells: string[] = [];
    for (const [index, client] of clients.entries()) {
      const tally = await paced(client, TURN_SECONDS);
      tallies[index]?.add(tally);
      cells.push(`${tally.percentile(50).toFixed(2)} / ${tally.percentile(99).toFixed(2)}`);
    }
    printRow([turn, ...cells]);
  }
  for (const client of clients) await client.close();
  return tallies;
}

function nameOf({ protocol, by }: Way): string {
  return `${protocol}, ${by}`;
}

async function paced(client: LoadClient, seconds: number): Promise<Tally> {
  const tally = new Tally();
  await client.load({ rate: RATE, duration: seconds * 1000, tally });
  return tally;
}

async function fastest({ href }: URL): Promise<{ answers: number; failures: number }> {
  const args = ["--import", "tsx", FASTEST, href, `${FAST_SECONDS}`];
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout);
}
