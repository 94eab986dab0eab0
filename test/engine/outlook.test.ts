import { describe, expect, it } from "vitest";
import { outlooksOf } from "../../src/engine/outlook.ts";
import { type AnyTask, type Kind, type Limits, task } from "../../src/engine/task.ts";
import { edgesBetween } from "../../src/engine/walk.ts";

const kindWith = (limits: Limits): Kind<object, string> => ({ type: "fake", find: async () => undefined, limits });
const thing = (id: string, limits: Limits, needs: object = {}) => task(id, id, kindWith(limits), needs);

/** A database and a balancer in a network; a service that needs both, and a listener that only needs the balancer to exist. */
const network = thing("network", { usually: 1 });
const database = thing("database", { usually: 300, usuallyGone: 200 }, { network: network.out(String) });
const balancer = thing("balancer", { usually: 120 }, { network: network.out(String) });
const listener = thing("listener", { usually: 2 }, { balancer: balancer.early(String) });
const service = thing(
  "service",
  { usually: 60, usuallyGone: 90 },
  { database: database.out(String), balancer: balancer.out(String), listener: listener.out(String) },
);
const ALL: readonly AnyTask[] = [network, database, balancer, listener, service];

function outlook(direction: "forward" | "reverse") {
  const outlooks = outlooksOf(ALL, edgesBetween(ALL, direction), direction);
  return Object.fromEntries([...outlooks].map(([{ id }, { weight, slack }]) => [id, [weight, slack]]));
}

describe("the outlook of a task", () => {
  it("tells how long what hangs on it takes, and how much later than usual it may end", () => {
    expect(outlook("forward")).toEqual({
      network: [361, 0],
      database: [360, 0],
      balancer: [180, 180],
      listener: [62, 297],
      service: [60, 0],
    });
  });

  it("goes by the times to be gone when things are taken down", () => {
    expect(outlook("reverse")).toMatchObject({ service: [291, 0], database: [201, 0], balancer: [2, 198] });
  });
});
