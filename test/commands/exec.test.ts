import { ListTasksCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, type CliResult, runCli, startCli } from "../support/cli.ts";
import { createServiceWithExec } from "../support/service-with-exec.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";

/** On one stack, which no test changes for good. */
describe("exec", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp();
  }, 120_000);
  afterAll(() => takeDown(up));

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, up.env, up.folder);

  it("runs in the container, word by word, and forwards both streams and the exit code", async () => {
    const script = 'console.log(process.env.DB_HOST, process.argv[1]); console.error("$HOME"); process.exit(7)';
    const { code, stdout, stderr } = await bia("exec", "--", "node", "-e", script, "it's `one` word");
    expect(code, stderr).toBe(7);
    expect(stdout).toMatch(/^\S+\.rds\.\S+ it's `one` word\n$/);
    expect(stderr).toContain("$HOME");
  });

  it("goes to the task that is named, of the service that is named", async () => {
    const { taskArns = [] } = await up.aws.ecs.send(
      new ListTasksCommand({ cluster: "cluster-bia-alb", serviceName: "service-bia-alb" }),
    );
    const id = taskArns[0]?.split("/").at(-1) ?? "";
    expect(await bia("exec", "service-bia-alb", "--task", id.slice(0, 8), "--", "true")).toMatchObject({ code: 0 });
    const other = await bia("exec", "--task", "ffffffff-none", "--", "true");
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toContain(`no task ffffffff-none of service service-bia-alb runs\nThere is: `);
    const container = await bia("exec", "--container", "sidecar", "--", "true");
    expect(container.code).toBe(2);
    expect(container.stderr).toMatch(/^no container sidecar runs in task \w+\nThere is: bia\.\n$/m);
    const service = await bia("exec", "web", "--", "true");
    expect(service).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^there is no service web in cluster cluster-bia-alb\nThe stack's own: service-bia-alb\.$/m,
      ),
    });
  });

  describe("of a service with ECS Exec", () => {
    beforeAll(() => createServiceWithExec(up), 60_000);

    it("runs in the container, word by word, and tells the exit code that ECS Exec does not", async () => {
      const script = 'console.log(process.env.DB_HOST, process.argv[1]); console.error("$HOME"); process.exit(7)';
      const { code, stdout, stderr } = await bia("exec", "shell", "--", "node", "-e", script, "it's `one` word");
      expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
      expect(stdout).toMatch(/^\S+\.rds\.\S+ it's `one` word\n\$HOME\n$/);
    });

    it("opens a shell that keeps its folder and its variables, and ends with its input", async () => {
      const { child, ended } = startCli(["exec", "shell", "--", "bash"], up.env, up.folder, "pipe");
      child.stdin?.end("cd /tmp\nexport A=ação\necho $A in $PWD\nls /nowhere\n");
      const { code, stdout } = await ended;
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout:
          "# cd /tmp\n# export A=ação\n# echo $A in $PWD\nação in /tmp\n" +
          "# ls /nowhere\nls: /nowhere: No such file or directory\n# ",
      });
    });

    it("says what the other side says where the program is not there", async () => {
      const { code, stdout } = await bia("exec", "shell", "--", "nothing");
      expect({ code, stdout }).toEqual({ code: 127, stdout: "/bin/sh: 1: nothing: not found\n" });
    });
  });
});

describe("exec, where the machines' role is the course's", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp({ launchTemplate: { role: { takesCommands: false } } });
  }, 120_000);
  afterAll(() => takeDown(up));

  it("says what is missing and where to write it", async () => {
    const { code, stdout, stderr } = await runCli(["exec", "--", "true"], up.env, up.folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^the task's machine i-\w+ takes no commands: its SSM agent is not connected/m);
    expect(stderr).toContain("launchTemplate.role.takesCommands true in the variables, and `bia-infra create --all`");
  });
});

it("exec without a command is refused before any call", async () => {
  const none = await runCli(["exec"], bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }));
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("say what to run, after --: bia-infra exec -- ls");
});
