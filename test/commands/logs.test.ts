import { DeleteLogGroupCommand, type InputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it, onTestFinished } from "vitest";
import { bareEnvironment, runCli, startCli } from "../support/cli.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";
import { GROUP, know, type Served, served } from "./served.ts";

const [FIRST, SECOND, THIRD] = ["1", "2", "3"].map((digit) => digit.repeat(32)) as [string, string, string];

const ago = (seconds: number, message: string): InputLogEvent => ({ timestamp: Date.now() - 1000 * seconds, message });

const logs = ({ env }: Served, ...args: string[]) => runCli(["logs", ...args], env);

describe("bia-infra logs", () => {
  it("prints what the running tasks have printed, in the order of time, each line with its time and task", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    know(at, SECOND, "RUNNING");
    const line = ago(20, "GET /api/versao 200\n");
    await at.put(FIRST, line, ago(5, "third"));
    await at.put(SECOND, ago(10, "\u001b[32msecond\u001b[39m\twith colours"));
    const { code, stdout } = await logs(at);
    expect(code).toBe(0);
    const [first, ...others] = stdout.trimEnd().split("\n");
    expect(first).toBe(`${new Date(line.timestamp ?? 0).toISOString()} 11111111 GET /api/versao 200`);
    expect(others.map((text) => text.slice(25))).toEqual(["22222222 second  with colours", "11111111 third"]);
  });

  it("leaves out tasks that have stopped, of which --previous prints what they did, those that ECS forgot included", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    know(at, SECOND, "STOPPED");
    await at.put(THIRD, ago(30, "long gone"));
    await at.put(SECOND, ago(20, "died"));
    await at.put(FIRST, ago(10, "lives"));
    expect((await logs(at)).stdout).toMatch(/^\S+ 11111111 lives\n$/);
    expect((await logs(at, "--previous")).stdout).toMatch(/^\S+ 33333333 long gone\n\S+ 22222222 died\n$/);
  });

  it("goes as far back as it is told, and says where to look when there is nothing", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    await at.put(FIRST, ago(120, "old"));
    const none = await logs(at, "--since", "1m");
    expect(none).toMatchObject({ code: 0, stdout: "" });
    expect(none.stderr).toContain(
      "no running task of service service-bia-alb has printed anything in the last 1 min 00 s. --since 1d looks further back; `bia-infra logs --previous` shows what stopped ones did.",
    );
    expect((await logs(at, "--since", "3m")).stdout).toContain("old");
  });

  it("prints only what matches, and objects where they are asked for", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    const error = ago(9, "SequelizeConnectionError: connect ECONNREFUSED");
    await at.put(FIRST, ago(10, "GET / 200"), error);
    const { stdout } = await logs(at, "--grep", "Error|WARN", "--json");
    expect(JSON.parse(stdout)).toEqual({
      at: new Date(error.timestamp ?? 0).toISOString(),
      task: FIRST,
      container: "bia",
      message: error.message,
    });
  });

  it("reads more than an answer of AWS holds", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    const now = Date.now() - 60_000;
    await at.put(
      FIRST,
      ...Array.from({ length: 5_000 }, (_, index) => ({ timestamp: now + index, message: `${index}` })),
    );
    const { stdout } = await logs(at);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((text) => Number(text.split(" ")[2])),
    ).toEqual([...Array(5_000).keys()]);
  });

  it("follows what comes, new tasks too, each line once, and ends with 0 at Ctrl-C", async () => {
    const at = await served();
    know(at, FIRST, "RUNNING");
    await at.put(THIRD, ago(30, "of a task that has stopped"));
    await at.put(FIRST, ago(20, "first"));
    const { child, ended } = startCli(["logs", "--follow"], at.env);
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    const texts = () =>
      out
        .trimEnd()
        .split("\n")
        .map((text) => text.slice(34));
    await expect.poll(texts).toEqual(["first"]);
    await at.put(SECOND, ago(0, "of a new task"));
    await expect.poll(texts).toEqual(["first", "of a new task"]);
    // Printed before, and there only now.
    await at.put(FIRST, ago(3, "late"));
    await expect.poll(texts).toEqual(["first", "of a new task", "late"]);
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect(texts()).toEqual(["first", "of a new task", "late"]);
  });

  it("says what to do when the service keeps nothing", async () => {
    const at = await served({ logDriver: "json-file" });
    const { code, stderr } = await logs(at);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "nothing of what service service-bia-alb prints is kept: task definition task-def-bia-alb:1 has no log driver awslogs",
    );
    expect(stderr).toContain("`bia-infra create --stage 2-3` then makes a log group");
  });

  it("says what to do when there is no such service, or its log group is gone", async () => {
    const at = await served();
    const other = await logs(at, "web");
    expect(other).toMatchObject({ code: 2, stdout: "" });
    expect(other.stderr).toContain(
      "there is no service web in cluster cluster-bia-alb\nThe stack's own: service-bia-alb.",
    );
    await at.aws.logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    const gone = await logs(at);
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain("The specified log group does not exist.\nSomebody has deleted it: `bia-infra plan`");
    const sandbox = await sandboxForTest({ delays: "none" });
    const empty = await runCli(["logs"], bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }));
    expect(empty.stderr).toContain("`bia-infra create --stage 2-3` makes it.");
  });

  it.each([
    [["--since", "soon"], /It must be a number above 0 with s, m, h or d, such as 10m\./],
    [["--grep", "("], /Unterminated group|Invalid regular expression/],
    [["--follow", "--previous"], /--follow and --previous exclude each other/],
  ])("refuses %s before any call", async (args, words) => {
    const { code, stderr } = await runCli(
      ["logs", ...args],
      bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });
});
