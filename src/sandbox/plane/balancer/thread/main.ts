/** The thread in which the load balancers of a sandbox serve, so that no AWS call makes a request wait. */

import { parentPort } from "node:worker_threads";
import type { Asked, BalancerCalls, Told } from "../messages.ts";
import { AccessLogs } from "./access-log.ts";
import { Answered } from "./answered.ts";
import { check } from "./check.ts";
import { Counts } from "./counts.ts";
import { Listeners } from "./listeners.ts";
import { Pools } from "./pools.ts";
import { Targets } from "./targets.ts";

const tell = (message: Told) => parentPort?.postMessage(message);
const targets = new Targets();
const pools = new Pools();
const counts = new Counts();
const answered = new Answered();
const listeners = new Listeners({
  targets,
  pools,
  logs: new AccessLogs(),
  counts,
  answered,
});

const calls: BalancerCalls = {
  configure: (config) => {
    targets.configure(config.groups);
    pools.keep(config.groups);
    counts.configure(config.minutes);
    return listeners.configure(config.listeners);
  },
  check,
  idle: (target) => targets.idle(target),
  counts: async (before) => counts.take(before),
  answered: async (since) => answered.since(since),
};

parentPort?.on("message", ({ id, call, argument }: Asked) => {
  calls[call](argument as never).then(
    (answer) => tell({ id, answer }),
    (error) => tell({ id, error: String(error?.stack ?? error) }),
  );
});
