import path from "node:path";
import { GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { PutRetentionPolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeSecurityGroupsCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { DescribeServicesCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Answered } from "../../src/aws/answered.ts";
import { keepPace } from "../../src/load/pace.ts";
import type { VersionThere } from "../../src/release/versions.ts";
import { reportOf, runCli } from "../support/cli.ts";
import { type ConsoleUp, consoleUp, heard, openConsole, seriousOn } from "../support/console.ts";
import { type StackUp, siteOf, stackUp, takeDown } from "../support/stack-up.ts";
import { machinesView } from "./machines-view.ts";

const SERVICE = { cluster: "cluster-bia-alb", service: "service-bia-alb" };

/** CloudWatch has a value a minute: 6 s. */
const SPEED = 10;

/** What somebody has put where no secret belongs. */
const SECRET = "let-me-in-8f3a";

/** A console beside the whole stack, whose tasks really run. */
describe.runIf(process.platform === "linux")("the page of the console", { timeout: 300_000 }, () => {
  let up: StackUp;
  let served: ConsoleUp;

  beforeAll(async () => {
    const environment = { GREETING: "good morning", ADMIN_TOKEN: SECRET };
    up = await stackUp({ taskDefinition: { container: { environment } } }, { speed: SPEED });
    const env = { ...up.env, XDG_STATE_HOME: path.join(up.folder, "state") };
    await runCli(["restart"], env, up.folder);
    served = await consoleUp(env, up.folder);
  }, 300_000);
  afterAll(async () => {
    const code = await served.stop();
    await takeDown(up);
    expect(code).toBe(0);
  });

  /** A page at one of the views. */
  const open = (skip: (reason: string) => never, view: string, options?: object) =>
    openConsole(skip, served.url, view, options);

  const service = async () => {
    const { services: [found] = [] } = await up.aws.ecs.send(
      new DescribeServicesCommand({ cluster: SERVICE.cluster, services: [SERVICE.service] }),
    );
    return found ?? {};
  };

  /** What CloudWatch has of the load balancer's requests of late, by the minute. */
  async function requestCount() {
    const { TargetGroups: [group] = [] } = await up.aws.elbv2.send(
      new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }),
    );
    const now = up.sandbox.world.now().getTime();
    return new GetMetricStatisticsCommand({
      Namespace: "AWS/ApplicationELB",
      MetricName: "RequestCount",
      Dimensions: [
        { Name: "LoadBalancer", Value: group?.LoadBalancerArns?.[0]?.split(":loadbalancer/")[1] },
        { Name: "TargetGroup", Value: group?.TargetGroupArn?.split(":").at(-1) },
      ],
      StartTime: new Date(now - 600_000),
      EndTime: new Date(now),
      Period: 60,
      Statistics: ["Sum"],
    });
  }

  it("shows every task of the stack as status has it", async ({ skip }) => {
    const page = await open(skip, "stack");
    await page.waitForSelector("[data-look]");
    const { tasks } = reportOf(await runCli(["status", "--json"], up.env, up.folder));
    const shown = await page.$$eval("[data-task]", (boxes) => boxes.map((box) => box.getAttribute("data-task")));
    expect(shown.sort()).toEqual(tasks.map(({ id }) => id).sort());
    const ready = tasks.filter(({ verdict }) => verdict === "unchanged").length;
    await expect.poll(() => page.locator("[data-look=ready]").count()).toBe(ready);
    await page.getByRole("button", { name: /^service service-bia-alb/ }).press("Enter");
    await page.getByRole("heading", { name: "service service-bia-alb" }).waitFor();
    await page.getByRole("searchbox").fill("listener");
    await expect.poll(() => page.locator(".task:not(.faded)").count()).toBeGreaterThan(0);
    expect(await page.locator(".task.faded").count()).toBeGreaterThan(20);
    expect(await seriousOn(page)).toEqual([]);
  });

  it("tells of each task what plan says of it, and the values that it is to have, but for secrets", async ({
    skip,
  }) => {
    const page = await open(skip, "stack");
    const logGroupName = "/ecs/task-def-bia-alb";
    await up.aws.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 3 }));
    onTestFinished(async () => {
      await up.aws.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
    });
    await page.locator("[data-look=differs][data-task=log-group]").press("Enter");
    const detail = page.locator("aside");
    const { tasks, next } = reportOf(await runCli(["plan", "--stage", "2-3", "--json"], up.env, up.folder));
    const changes = tasks.find(({ id }) => id === "log-group")?.changes ?? [];
    expect(changes).toHaveLength(1);
    const said = changes.map(({ field, from, to }) => `${field}\n${from} → ${to}`);
    await expect.poll(() => detail.locator("[data-change]").allInnerTexts()).toEqual(said);
    expect(await detail.locator(".command code").innerText()).toBe(next[0]);
    expect(await detail.locator("[data-value=retention] dd").innerText()).toBe("7");
    expect(await seriousOn(page)).toEqual([]);
    await page.locator("[data-task=task-definition]").press("Enter");
    const value = (name: string) => detail.locator(`[data-value="containers[0].${name}"] dd`).innerText();
    expect(await value("environment.GREETING")).toBe("good morning");
    expect(await value("environment.ADMIN_TOKEN")).toBe("***");
    expect(await value("secrets.DB_PWD")).toMatch(/^arn:aws:ssm:.*\/password\n/);
    const told = await heard(served.url, ["stack", "look", "details", "runs", "run"]);
    expect(told).toContain("good morning");
    expect(told).not.toContain(SECRET);
  });

  it("shows a rule that is missing as the gap that it makes, with the command that repairs it", async ({ skip }) => {
    const page = await open(skip, "network");
    await page.locator("[data-target=healthy]").first().waitFor();
    expect(await page.locator("[data-door=shut]").count()).toBe(0);
    const { SecurityGroups = [] } = await up.aws.ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [{ Name: "group-name", Values: ["bia-db-teste"] }],
      }),
    );
    const [group] = SecurityGroups;
    const IpPermissions = group?.IpPermissions ?? [];
    onTestFinished(async () => void (await runCli(["create", "--stage", "2-3"], up.env, up.folder)));
    await up.aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions }));
    await page.locator("[data-door=shut]", { hasText: "tcp 5432" }).waitFor();
    await page.getByText("bia-infra create --all", { exact: true }).waitFor();
    expect(await seriousOn(page)).toEqual([]);
    await page.goto(`${served.url}#stack`);
    await page.locator("[data-look=differs][data-task=db-security-group]").waitFor();
    await runCli(["create", "--stage", "2-3"], up.env, up.folder);
    await page.goto(`${served.url}#network`);
    await expect.poll(() => page.locator("[data-door=shut]").count(), { timeout: 60_000 }).toBe(0);
  });

  it("shows a deploy while it goes on, and afterwards what became of each task", async ({ skip }) => {
    const page = await open(skip, "deploy");
    await page.locator("[data-deployment=PRIMARY]").waitFor();
    const roll = (least: number) =>
      up.aws.ecs.send(
        new UpdateServiceCommand({
          ...SERVICE,
          forceNewDeployment: least > 50,
          deploymentConfiguration: { minimumHealthyPercent: least, maximumPercent: 100 },
        }),
      );
    // Of two tasks none may be less and none more, so it cannot go on.
    await roll(51);
    await page.locator("[data-deployment=ACTIVE]").waitFor();
    await roll(50);
    await expect.poll(() => page.locator("[data-deployment]").count(), { timeout: 120_000 }).toBe(1);
    expect(await page.locator("[data-status=RUNNING] [data-phase=serving]").count()).toBe(2);
    expect(await seriousOn(page)).toEqual([]);
    await page.getByRole("link", { name: /^restart/ }).click();
    await page.locator("[data-status=STOPPED]").first().waitFor();
    expect(await page.locator(".phase-draining").count()).toBeGreaterThan(1);
  });

  it("tells requests by the version that answered them, and has all of those that were made", async ({ skip }) => {
    const page = await open(skip, "deploy");
    const { deployments: [serving] = [] } = await service();
    const revision = /[^/]+$/.exec(serving?.taskDefinition ?? "")?.[0];
    const shown = async () => Number(await page.locator(`[data-course="${revision}"]`).getAttribute("data-count"));
    await page.getByRole("button", { name: "60 min" }).click();
    const site = await siteOf(up);
    const before = (await page.locator("[data-course]").count()) > 0 ? await shown() : 0;
    for (let asked = 0; asked < 30; asked += 1) expect((await fetch(site)).status).toBe(200);
    await expect.poll(shown).toBe(before + 30 * SPEED);
    // One that comes later is told of those that were before.
    await page.reload();
    await page.getByRole("button", { name: "60 min" }).click();
    await expect.poll(shown).toBe(before + 30 * SPEED);
  });

  /** All say the same of a span of whole seconds, as the load balancer counted them. */
  async function ratesAreCounted(url: string, rates: Record<string, number>): Promise<void> {
    const { Internet, "HTTP 80": listener, "80 default": rule, "HTTPS 443": tls, "443 default": tlsRule } = rates;
    expect([listener, rule, tls, tlsRule]).toEqual([Internet, Internet, 0, 0]);
    const ofTargets = Object.entries(rates).flatMap(([to, rate]) => (/^i-\w+:\d+$/.test(to) ? [rate] : []));
    expect(ofTargets).toHaveLength(2);
    expect(ofTargets.reduce((sum, rate) => sum + rate)).toBeCloseTo(Internet ?? 0, 6);
    const rows = (await (await fetch(`${url}traffic`)).json()) as Answered[];
    const [{ at = 0, ms = 0 } = {}] = rows;
    const within = (from: number) => rows.filter((row) => row.at > from - ms / 2 && row.at < from + 3.5 * ms);
    const starts = Array.from({ length: 3600 }, (_, index) => at + (index - 3) * ms);
    const spans = starts.map((from) => within(from).reduce((sum, { count }) => sum + count / ms, 0) * 250);
    expect(spans.map(Math.round)).toContain(Math.round(Internet ?? 0));
  }

  it("tells the same numbers as the commands and the load balancer's metrics do at that moment", async ({ skip }) => {
    const stop = new AbortController();
    const site = await siteOf(up);
    const asking = keepPace({ rate: 20 }, () => void fetch(site).catch(() => {}), stop.signal);
    onTestFinished(() => {
      stop.abort();
      return asking;
    });
    const json = async (...args: string[]) => JSON.parse((await runCli([...args, "--json"], up.env, up.folder)).stdout);
    const page = await open(skip, "network");
    const shown = page.locator("[data-requests]");
    await expect
      .poll(async () => Number(await shown.getAttribute("data-requests")), { timeout: 60_000 })
      .toBeGreaterThan(0);
    const rates = async () =>
      Object.fromEntries(
        await page.$$eval("[data-rate]", (all) => all.map(({ dataset }) => [dataset.to, Number(dataset.rate)])),
      );
    await expect.poll(async () => (await rates()).Internet).toBeGreaterThan(0);
    await ratesAreCounted(served.url, await rates());
    const [minute, count] = await shown.evaluate(({ dataset }) => [Number(dataset.minute), Number(dataset.requests)]);
    const { points } = (await json("metrics")).metrics.requests as { points: { at: string; value: number }[] };
    expect(points).toContainEqual({ at: new Date(minute).toISOString(), value: count });
    const { Datapoints = [] } = await up.aws.cloudWatch.send(await requestCount());
    expect(Datapoints).toContainEqual({ Timestamp: new Date(minute), Sum: count, Unit: "Count" });

    await page.goto(`${served.url}#deploy`);
    const primary = page.locator("[data-deployment=PRIMARY]");
    const versions: VersionThere[] = await json("versions");
    const serving = versions.find(({ serves }) => serves);
    expect(await primary.getByRole("heading").textContent()).toContain(`revision ${serving?.revision}`);
    const { runningCount, desiredCount } = await service();
    expect(await primary.textContent()).toContain(`${runningCount} / ${desiredCount} running`);

    await page.goto(`${served.url}#stack`);
    await page.waitForSelector("[data-look]");
    const { tasks } = reportOf(await runCli(["status", "--json"], up.env, up.folder));
    const details = await page.$$eval("[data-task]", (boxes) =>
      boxes.map((box) => [box.getAttribute("data-task"), box.getAttribute("data-words")]),
    );
    expect(Object.fromEntries(details)).toEqual(
      Object.fromEntries(
        tasks.map(({ id, verdict, detail }) => [id, detail ?? { unchanged: "as wanted" }[verdict as string]]),
      ),
    );
  });

  it("lists the runs, and shows one as a time line, on a small screen in Portuguese and in the dark, too", async ({
    skip,
  }) => {
    const page = await open(skip, "runs", {
      locale: "pt-BR",
      colorScheme: "dark",
      viewport: { width: 400, height: 800 },
    });
    await page.getByRole("link", { name: "restart" }).click();
    await page.locator(".lane").first().click();
    await page.getByText("caminho mais longo").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
    expect(await seriousOn(page)).toEqual([]);
  });

  machinesView(() => ({ up, served }));
});
