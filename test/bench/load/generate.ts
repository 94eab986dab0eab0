/**
 * Asks a url so many times a second for so many seconds, in a process of its own: `generate.ts URL RATE SECONDS`. A thousand
 * clients ask once a second each, one after the other, which is what autocannon's own rate does not do: its clients ask all
 * at once at each full second. Rate 0: 50 clients as fast as they are answered. Prints what came of it as JSON.
 */
import autocannon from "autocannon";
import type { Load } from "./load.ts";

const [url = "", rate = "0", seconds = "1"] = process.argv.slice(2);

/** Clients that begin together. */
const TOGETHER = 10;
/** Milliseconds in which connections are made, which does not count. */
const WARM_UP = 2000;
const FASTEST_CLIENTS = 50;

/** Undefined: as fast as it goes. */
function run(connections: number, perSecond: number | undefined, counted: (ms: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      url,
      connections,
      duration: Number(seconds) + WARM_UP / 1000,
      ...(perSecond !== undefined && { overallRate: perSecond }),
    };
    const instance = autocannon(options, (error, result) => {
      if (error) reject(error);
      else resolve(result.errors + result.non2xx);
    });
    instance.on("response", (_client, _status, _bytes, ms) => counted(ms));
  });
}

const latencies: number[] = [];
const started = performance.now();
/** Only while all clients ask: they neither begin nor end at once. */
const count = (ms: number) => {
  const at = performance.now() - started - WARM_UP;
  if (at >= 0 && at < Number(seconds) * 1000) latencies.push(ms);
};
const runs: Promise<number>[] = [];
if (Number(rate) === 0) runs.push(run(FASTEST_CLIENTS, undefined, count));
for (let clients = 0; clients < Number(rate); clients += TOGETHER) {
  runs.push(run(TOGETHER, TOGETHER, count));
  await new Promise((resolve) => setTimeout(resolve, (1000 * TOGETHER) / Number(rate)));
}
const errors = (await Promise.all(runs)).reduce((sum, some) => sum + some, 0);
const load: Load = { latencies, errors, seconds: Number(seconds) };
process.stdout.write(JSON.stringify(load));
