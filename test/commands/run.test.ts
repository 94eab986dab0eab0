import { DescribeTasksCommand, ListTasksCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, type CliResult, runCli, startCli } from "../support/cli.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";

const CLUSTER = "cluster-bia-alb";

/** On one stack, which no test changes for good. */
describe("run", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp();
  }, 120_000);
  afterAll(() => takeDown(up));

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, up.env, up.folder);

  /** The one-off tasks that have stopped, as ECS tells of them. */
  async function stopped() {
    const asked = { cluster: CLUSTER, family: "task-def-bia-alb", desiredStatus: "STOPPED" } as const;
    const { taskArns: tasks = [] } = await up.aws.ecs.send(new ListTasksCommand(asked));
    return (await up.aws.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks }))).tasks ?? [];
  }

  it("shows what a task of the version that serves prints, and forwards the exit code", async () => {
    const script = "for (let n = 1; n < 4; n++) console.log(n, process.argv[1], process.env.DB_HOST); process.exit(7)";
    const { code, stdout, stderr } = await bia("run", "--", "node", "-e", script, "it's `one` word");
    expect(code, stderr).toBe(7);
    expect(stdout).toMatch(/^1 it's `one` word \S+\.rds\.\S+\n2 it's .*\n3 it's .*\n$/);
    expect(stderr).toMatch(/^Task \w+ of revision 1 is on its way; Ctrl-C stops it\.$/m);
  });

  it("gets no more memory than a machine has left beside the service, and says so; or what is asked for", async () => {
    expect(await bia("run", "--memory", "64", "--cpu", "128", "--", "true")).toMatchObject({ code: 0, stdout: "" });
    const { code, stderr } = await bia("run", "--", "true");
    expect(code, stderr).toBe(0);
    const [, given] =
      /^It gets (\d+) MiB and 1024 CPU units, not the 512 MiB and 1024 CPU units of its/m.exec(stderr) ?? [];
    const memory = (await stopped()).map((task) => task.containers?.[0]?.memory);
    expect(memory).toEqual(expect.arrayContaining(["64", given]));
  });

  it("says in ECS's words that there is no room, and what to do", async () => {
    const { code, stdout, stderr } = await bia("run", "--memory", "512", "--", "true");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^ECS has no place for a task with 512 MiB .*: RESOURCE:MEMORY; the roomiest machine has \d+ MiB/m,
    );
    expect(stderr).toContain("Ask for less with --memory and --cpu");
  });

  it("says why a command was not run, and which version there is not", async () => {
    // The image's entrypoint has a command that is none run by node.
    const nothing = await bia("run", "--memory", "64", "--", "no-such-program");
    expect(nothing).toMatchObject({ code: 1, stdout: expect.stringContaining("no-such-program") });
    const version = await bia("run", "--tag", "v9", "--", "true");
    expect(version).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no version v9\nThere is: 1.\n"),
    });
  });

  it("stops the task at Ctrl-C and shows its last words", async () => {
    const script = `process.on("SIGTERM", () => { console.log("bye"); process.exit(3); }); console.log("here"); setInterval(() => {}, 1000)`;
    const { child, ended } = startCli(["run", "--memory", "64", "--", "node", "-e", script], up.env, up.folder);
    child.stdout?.on("data", (text: string) => text.includes("here") && child.kill("SIGINT"));
    expect(await ended).toMatchObject({ code: 130, stdout: "here\nbye\n" });
    expect((await stopped()).map(({ stoppedReason }) => stoppedReason)).toContain("stopped by Ctrl-C");
  });
});

it("run without a command is refused before any call", async () => {
  const none = await runCli(["run"], bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }));
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("say what to run, after --: bia-infra run -- ");
});
