import { describe, expect, it } from "vitest";
import { resolve } from "../../src/engine/resolve.ts";
import { type AnyTask, type Kind, task } from "../../src/engine/task.ts";
import { wantedOf } from "../../src/engine/wanted.ts";

const kind: Kind<object, { id: string; zones: readonly string[] }> = {
  type: "fake.thing",
  find: async () => undefined,
};
const network = task("network", "network", kind, {});
const group = task("group", "group", kind, {});
const service: AnyTask = task("service", "service", kind, {
  name: "web",
  count: 2,
  left: undefined,
  since: new Date(0),
  check: { path: "/", codes: ["200", "204"] },
  rules: [{ port: 80, group: group.out(({ id }) => id) }],
  subnets: network.out(({ zones }) => zones),
  groups: [group.out(({ id }) => id)],
  networkId: network.early(({ id }) => id),
});

/** What is wanted of the service where these tasks are there. */
function wanted(there: readonly AnyTask[]) {
  const found = { id: "id-1", zones: ["a", "b"] };
  return wantedOf(
    service,
    resolve(service.desired, (one) => (there.includes(one) ? found : undefined)),
  );
}

describe("what is wanted of a task", () => {
  it("is told value by value, with the task that a value is of", () => {
    expect(wanted([network, group])).toEqual([
      { field: "name", text: "web" },
      { field: "count", text: "2" },
      { field: "since", text: "1970-01-01T00:00:00.000Z" },
      { field: "check.path", text: "/" },
      { field: "check.codes", text: "200, 204" },
      { field: "rules[0].port", text: "80" },
      { field: "rules[0].group", text: "id-1", of: "group" },
      { field: "subnets", text: "a, b", of: "network" },
      { field: "groups", text: "id-1", of: "group" },
      { field: "networkId", text: "id-1", of: "network" },
    ]);
  });

  it("has no text where the task that a value is of is not there yet, or nobody could look", () => {
    const unknown = [
      { field: "subnets", of: "network" },
      { field: "networkId", of: "network" },
    ];
    expect(wanted([group]).filter(({ text }) => text === undefined)).toEqual(unknown);
    const unseen = wantedOf(service, undefined);
    expect(unseen).toContainEqual({ field: "name", text: "web" });
    expect(unseen.filter(({ text }) => text === undefined).map(({ of }) => of)).toEqual([
      "group",
      "network",
      "group",
      "network",
    ]);
  });
});
