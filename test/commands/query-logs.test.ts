import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { GROUP, SERVICE, type Served, served } from "./served.ts";

const TASK = "1".repeat(32);
const query = ({ env }: Served, text: string, ...args: string[]) => runCli(["logs", "--query", text, ...args], env);

/** A service whose task has answered three requests. */
async function requested(): Promise<Served> {
  const at = await served();
  const now = Date.now();
  const events = [12, 250, 7].map((ms, index) => {
    return { timestamp: now - 5000 + index, message: JSON.stringify({ path: `/api/${index}`, ms }) };
  });
  await at.put(TASK, ...events);
  return at;
}

describe("bia-infra logs --query", () => {
  it("prints what CloudWatch Logs Insights finds in the service's log group as a table, and what it looked through", async () => {
    const at = await requested();
    const { code, stdout, stderr } = await query(at, "fields path, ms | filter ms < 100 | sort ms asc");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "path    ms\n/api/2   7\n/api/0  12\n" });
    expect(stderr).toMatch(new RegExp(`2 rows: 2 of 3 events matched, \\d+ bytes looked through in ${GROUP}\\.\\n$`));
  });

  it("gives a program the rows, with the pointers to their events, and what was looked through", async () => {
    const { stdout } = await query(await requested(), "fields ms | sort ms desc | limit 1", "--json");
    expect(JSON.parse(stdout)).toEqual({
      rows: [{ ms: "250", "@ptr": expect.any(String) }],
      recordsMatched: 3,
      recordsScanned: 3,
      bytesScanned: expect.any(Number),
    });
  });

  it("looks where it is told, and as far back", async () => {
    const at = await requested();
    const logGroupName = "/other";
    await at.aws.logs.send(new CreateLogGroupCommand({ logGroupName }));
    await at.aws.logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "s" }));
    const logEvents = [{ timestamp: Date.now() - 600_000, message: "long ago" }];
    await at.aws.logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "s", logEvents }));
    const found = await query(at, "fields @message", "--group", logGroupName);
    expect(found.stdout).toBe("@message\nlong ago\n");
    const nothing = await query(at, "fields @message", "--group", logGroupName, "--since", "5m");
    expect(nothing).toMatchObject({ code: 0, stdout: "" });
    expect(nothing.stderr).toContain("Nothing in the last 5 min 00 s: 0 of 0 events matched");
    const gone = await query(at, "fields @message", "--group", "/nowhere");
    expect(gone.code).toBe(1);
    expect(gone.stderr).toContain("Log group '/nowhere' does not exist for account ID '000000000000'\n");
    expect(gone.stderr).toContain("describe-log-groups");
  });

  it("points at what AWS does not understand, in AWS's words, and ends with 2", async () => {
    const { code, stdout, stderr } = await query(await requested(), "fields ms\n| filtro ms > 3");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(
      "MalformedQueryException: unexpected symbol found filtro at line 2 and position 3\n  | filtro ms > 3\n    ^\nThe words of a query are English",
    );
  });

  it("says what to do where there are no words of another language, where the sandbox lacks a word, and where others print, too", async () => {
    const at = await requested();
    expect((await query(at, "felds ms")).stderr).toContain("Quote the query as one argument: ");
    const lacking = await query(at, "fields ms | parse @message '*' as a");
    expect(lacking).toMatchObject({ code: 1, stderr: expect.stringContaining("Leave it out of the query here") });
    const named = await runCli(["logs", SERVICE, "--query", "fields ms"], at.env);
    expect(named.stderr).toContain(`\`filter @logStream like "bia/"\` keeps to those of ${SERVICE}.`);
  });

  it.each([
    [["--query", "fields ms", "--follow"], "--query and --follow exclude each other"],
    [["--query", "fields ms", "--grep", "x"], "--query and --grep exclude each other"],
    [["web", "--query", "fields ms", "--group", "g"], "a service does not go with it"],
    [["--group", "g"], "--group says where a --query looks"],
    [["--query", " "], "It must not be empty."],
    [["--query", "fields ms", "--since", "0m"], "a number above 0"],
  ])("refuses %j before any call", async (args, words) => {
    const env = bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    const { code, stderr } = await runCli(["logs", ...args], env);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
  });
});
