import path from "node:path";
import { DescribeSecurityGroupsCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportOf, runCli } from "../support/cli.ts";
import { type ConsoleUp, consoleUp, openConsole, seriousOn } from "../support/console.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";
import { machinesView } from "./machines-view.ts";

/** A console beside the whole stack, whose tasks really run. */
describe.runIf(process.platform === "linux")("the page of the console", { timeout: 300_000 }, () => {
  let up: StackUp;
  let served: ConsoleUp;

  beforeAll(async () => {
    up = await stackUp();
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
    const service = { cluster: "cluster-bia-alb", service: "service-bia-alb" };
    const roll = (least: number) =>
      up.aws.ecs.send(
        new UpdateServiceCommand({
          ...service,
          forceNewDeployment: least > 50,
          deploymentConfiguration: { minimumHealthyPercent: least, maximumPercent: 100 },
        }),
      );
    // Of two tasks none may be less and none more, so it cannot go on.
    await roll(51);
    await page.locator("[data-deployment=ACTIVE]").waitFor();
    await roll(50);
    await expect.poll(() => page.locator("[data-deployment]").count(), { timeout: 120_000 }).toBe(1);
    expect(await seriousOn(page)).toEqual([]);
    await page.getByRole("link", { name: /^restart/ }).click();
    await page.locator("[data-status=STOPPED]").first().waitFor();
    expect(await page.locator(".phase-draining").count()).toBeGreaterThan(1);
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
