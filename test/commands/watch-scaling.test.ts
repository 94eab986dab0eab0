import { describe, expect, it } from "vitest";
import { measure } from "../../src/sandbox/world/cloudwatch/metrics.ts";
import { addService, scalingStack } from "../kinds/application-auto-scaling/stack.ts";
import { bareEnvironment, runCli, startCli } from "../support/cli.ts";
import { createOn } from "../support/runs.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

/** A scaled service on a sandbox whose clock is a day ahead, and what was measured of it in the last minute. */
async function scaled() {
  const sandbox = await sandboxForTest({ delays: "none", speed: "manual" });
  await sandbox.world.clock.advance(86_400_000);
  await addService(sandbox);
  await createOn(sandbox, { stack: scalingStack() });
  const region = sandbox.world.region("us-east-1");
  const [alarm] = region.cloudwatch.alarms.all();
  const minuteAgo = new Date(sandbox.world.now().getTime() - 60_000);
  measure(region, alarm ?? {}, minuteAgo, { Sum: 93, SampleCount: 1, Minimum: 93, Maximum: 93, Unit: "Percent" });
  return { sandbox, region, env: bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }) };
}

describe("bia-infra watch scaling", () => {
  it("tells the metric beside its target, alarms, bounds, tasks and activities, then each change, until its time is over", async () => {
    const { region, env } = await scaled();
    const { child, ended } = startCli(["watch", "scaling", "--stack", "retail", "--for", "5s"], env);
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    const lines = () => out.split("\n").map((line) => line.slice(25));
    await expect
      .poll(lines, { timeout: 10_000 })
      .toEqual(
        expect.arrayContaining([
          "service ui ACTIVE: 0 of 2 running",
          "scaling ui 2 to 10",
          "metric CPUUtilization 93: target 70",
          expect.stringMatching(/^alarm AlarmHigh INSUFFICIENT_DATA: > 70 for 3 min: /),
          expect.stringMatching(/^alarm AlarmLow INSUFFICIENT_DATA: < 63 for 15 min: /),
        ]),
      );
    const [high] = region.cloudwatch.alarms.all();
    region.cloudwatch.alarms.update(high?.AlarmName ?? "", (draft) => {
      draft.StateValue = "ALARM";
      draft.StateReason = "Threshold Crossed";
    });
    await expect.poll(lines, { timeout: 10_000 }).toContain("alarm AlarmHigh ALARM: > 70 for 3 min: Threshold Crossed");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("tells a program of each by an event, and what cannot be looked at", async () => {
    const { sandbox, env } = await scaled();
    const error = { code: "AccessDenied", message: "not authorized to perform: cloudwatch:DescribeAlarms" };
    sandbox.world.faults.set([{ operation: "monitoring:DescribeAlarms", effect: { error } }]);
    const { code, stdout } = await runCli(["watch", "scaling", "--stack", "retail", "--for", "1s", "--json"], env);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "live", part: "scaling", id: "ui", state: "2 to 10" }),
        expect.objectContaining({ part: "alarm", state: "unknown", detail: expect.stringContaining("not authorized") }),
      ]),
    );
  });

  it("says that nothing is scaled: yet, or at all", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
    const nothing = await runCli(["watch", "scaling", "--stack", "retail", "--for", "1s"], env);
    expect(nothing.stdout).toContain(" scaling ui not there");
    const { code, stderr } = await runCli(["watch", "scaling"], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("stack bia scales no service") });
  });
});
