import { DeleteServiceCommand } from "@aws-sdk/client-ecs";
import { describe, expect, it, onTestFinished } from "vitest";
import { liveRows } from "../../src/aws/live.ts";
import { bareEnvironment, runCli, startCli } from "../support/cli.ts";
import { clientsOf, createOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";
import { CLUSTER, type Served, served } from "./served.ts";

const WATCHED = { cluster: "cluster-bia-alb", service: "service-bia-alb", database: "bia" };

/** A `status --watch` under way, and what it has printed. */
function watching({ env }: Served, ...args: string[]) {
  const { child, ended } = startCli(["status", "--watch", ...args], env);
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  const lines = () => out.split("\n").filter((line) => line !== "");
  return { child, ended, lines };
}

describe("bia-infra status --watch", () => {
  it("prints to a pipe how things are, then a line for each change, and ends with 0 at Ctrl-C", async () => {
    const at = await served();
    const { child, ended, lines } = watching(at);
    const texts = () => lines().map((line) => line.slice(25));
    await expect
      .poll(texts)
      .toEqual(expect.arrayContaining(["service service-bia-alb ACTIVE: 0 of 0 running", "database bia not there"]));
    await at.aws.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: WATCHED.service, force: true }));
    await expect.poll(texts).toContain("service service-bia-alb not there");
    expect(new Set(texts()).size).toBe(texts().length);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("tells a program of each change by an event", async () => {
    const at = await served();
    const { child, ended, lines } = watching(at, "--json");
    await expect.poll(() => lines().length).toBeGreaterThan(1);
    for (const line of lines()) {
      expect(JSON.parse(line)).toEqual({
        type: "live",
        at: expect.any(Number),
        part: expect.stringMatching(/^(service|deployment|event|database)$/),
        id: expect.any(String),
        state: expect.any(String),
        detail: expect.any(String),
      });
    }
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
  });

  it("goes on while there is nothing yet, and says so", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const rows = await liveRows(clientsOf(sandbox), WATCHED);
    expect(rows).toEqual([
      { part: "service", id: "service-bia-alb", state: "not there", detail: "" },
      { part: "database", id: "bia", state: "not there", detail: "" },
    ]);
  });

  it("says of a part that it cannot look at why, and of the others how they are", async () => {
    const at = await served();
    const error = { code: "AccessDenied", message: "not authorized to perform: rds:DescribeDBInstances" };
    at.sandbox.world.faults.set([{ operation: "rds:DescribeDBInstances", effect: { error } }]);
    const rows = await liveRows(at.aws, WATCHED);
    expect(rows).toContainEqual({
      part: "database",
      id: "",
      state: "unknown",
      detail: "AccessDenied: not authorized to perform: rds:DescribeDBInstances",
    });
    expect(rows).toContainEqual(expect.objectContaining({ part: "service", state: "ACTIVE" }));
  });

  it("takes six calls for all of a stack that is up, and tells why a task has ended", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox);
    const [task] = sandbox.world.region("us-east-1").ecs.tasks.all();
    sandbox.world.region("us-east-1").ecs.tasks.update(task?.taskArn ?? "", (draft) => {
      draft.lastStatus = "STOPPED";
      draft.desiredStatus = "STOPPED";
      draft.stoppedReason = "Essential container in task exited";
      for (const container of draft.containers) {
        container.exitCode = 137;
        container.reason = "OutOfMemoryError: Container killed due to memory usage";
      }
    });
    const clients = clientsOf(sandbox);
    const rows = await liveRows(clients, WATCHED);
    expect(clients.calls.reading).toBe(6);
    clients.close();
    const states = (part: string) => rows.filter((row) => row.part === part).map(({ state }) => state);
    expect(states("service")).toEqual(["ACTIVE"]);
    expect(states("deployment")).toEqual(["PRIMARY COMPLETED"]);
    expect(states("database")).toEqual(["available"]);
    expect(states("target")).toContain("healthy");
    expect(rows.find(({ part, state }) => part === "task" && state === "STOPPED")?.detail).toMatch(
      /^task-def-bia-alb:1, us-east-1[a-c].*: Essential container in task exited, bia exited 137, OutOfMemoryError: Container killed/,
    );
  });

  it("takes no stage", async () => {
    const { code, stderr } = await runCli(["status", "--watch", "--stage", "1"], bareEnvironment());
    expect(code).toBe(2);
    expect(stderr).toContain("--watch shows the whole stack");
  });
});
