import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { check } from "../../../../../src/sandbox/plane/balancer/thread/check.ts";

const TARGET = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((_, response) => response.end("up"));
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`;

/** Nothing else happens in this thread meanwhile. */
function holdUp(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("a balancer that was held up itself does not say that a target was late", async () => {
  const elsewhere = new Worker(TARGET, { eval: true });
  onTestFinished(async () => void (await elsewhere.terminate()));
  const [port] = await once(elsewhere, "message");
  const place = { host: "127.0.0.1", port };
  const found = check({ protocol: "HTTP", place, path: "/", host: "172.31.0.1:80", timeout: 400 });
  holdUp(1500);
  expect(await found).toBe(200);
});
