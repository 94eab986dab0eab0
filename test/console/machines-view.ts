import { once } from "node:events";
import { CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import {
  DeleteServiceCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
} from "@aws-sdk/client-ecs";
import { ListCommandInvocationsCommand } from "@aws-sdk/client-ssm";
import type { Page } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type ConsoleUp, consoleUp, openConsole, seriousOn } from "../support/console.ts";
import { createServiceWithExec } from "../support/service-with-exec.ts";
import type { StackUp } from "../support/stack-up.ts";

/** A console of a stack that is up. */
export interface ConsoleOfStack {
  readonly up: StackUp;
  readonly served: ConsoleUp;
}

const CLUSTER = "cluster-bia-alb";

/** What the view of the machines shows, and what one can do there. */
export function machinesView(console: () => ConsoleOfStack): void {
  it("lists the machines and containers that EC2, ECS and docker have, on a small screen in Portuguese and in the dark, too", async ({
    skip,
  }) => {
    const { up, served } = console();
    const small = { locale: "pt-BR", colorScheme: "dark", viewport: { width: 400, height: 800 } };
    const page = await openConsole(skip, served.url, "machines", small);
    await page.locator("[data-machine]").first().waitFor();
    const { Reservations = [] } = await up.aws.ec2.send(new DescribeInstancesCommand({}));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    expect((await shown(page, "machine")).sort()).toEqual(instances.map(({ InstanceId }) => InstanceId).sort());
    const tasks = await tasksOf(up);
    const containers = tasks.flatMap(({ id, containers = [] }) => containers.map(({ name }) => `${id}.${name}`));
    expect(containers.length).toBeGreaterThan(1);
    expect((await shown(page, "container")).sort()).toEqual(containers.sort());
    expect(await page.locator("[data-docker]").innerText()).toMatch(/^bia running\n\s*bia-server · 3001->8080$/);
    await page.locator("[data-container] a").first().click();
    const [first] = tasks.filter(({ id }) => page.url().includes(id));
    await expect.poll(() => page.locator(".facts").innerText()).toContain(first?.id);
    expect(await page.locator(".facts").innerText()).toContain(`${first?.cpu} unidades`);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
    expect(await seriousOn(page)).toEqual([]);
  });

  it("shows what a machine's start has printed, and what a container prints as it comes", async ({ skip }) => {
    const { up, served } = console();
    const page = await openConsole(skip, served.url, "machines");
    await page.getByText(/^Docker Compose version/).waitFor();
    expect(await seriousOn(page)).toEqual([]);
    const [task] = await tasksOf(up);
    const container = task?.containers?.[0]?.name;
    await page.goto(`${served.url}#machines/${task?.id}.${container}`);
    await page.getByText("It has printed nothing yet.").waitFor();
    const { taskDefinition } = await up.aws.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: task?.taskDefinitionArn }),
    );
    const { "awslogs-group": logGroupName, "awslogs-stream-prefix": prefix } =
      taskDefinition?.containerDefinitions?.[0]?.logConfiguration?.options ?? {};
    const where = { logGroupName, logStreamName: `${prefix}/${container}/${task?.id}` };
    await up.aws.logs.send(new CreateLogStreamCommand(where)).catch(() => {});
    const print = (message: string) =>
      up.aws.logs.send(new PutLogEventsCommand({ ...where, logEvents: [{ timestamp: Date.now(), message }] }));
    await print("olá");
    await page.getByRole("log").getByText("olá").waitFor();
    await print("<b>bold</b>");
    await page.getByRole("log").getByText("<b>bold</b>").waitFor();
  });

  it("has a terminal on a machine, whose session keeps its place, ends a line by Ctrl-C, and ends with the page", async ({
    skip,
  }) => {
    const { up, served } = console();
    const page = await openConsole(skip, served.url, "machines");
    await page.getByRole("link", { name: /^bia-dev/ }).waitFor();
    const sizes = sizesSaidBy(page);
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.getByRole("link", { name: "Terminal" }).click();
    await saying(page, /^\[ec2-user@bia-dev ~\]\$ ?$/m);
    await type(page, "cd /tmp; export GREETING=olá");
    await saying(page, /^\[ec2-user@bia-dev tmp\]\$ ?$/m);
    await type(page, "sleep 1000");
    await expect.poll(() => lastCommand(up)).toBe("InProgress");
    await page.keyboard.press("Control+C");
    await expect.poll(() => lastCommand(up)).toBe("Cancelled");
    await saying(page, /\^C\n\[ec2-user@bia-dev tmp\]\$ ?$/m);
    await type(page, 'echo "$GREETING in $PWD"');
    await saying(page, /^olá in \/tmp$/m);
    expect(await seriousOn(page)).toEqual([]);

    const [wide] = sizes.slice(-1);
    await page.setViewportSize({ width: 700, height: 700 });
    await expect.poll(() => sizes.at(-1)?.columns).toBeLessThan(wide?.columns ?? 0);
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate("document.activeElement.type")).toBe("checkbox");

    await page.getByRole("textbox", { name: "Terminal input" }).focus();
    await type(page, "sleep 1001");
    await expect.poll(() => lastCommand(up)).toBe("InProgress");
    expect(complaints, "nothing that its policy refuses").toEqual([]);
    await page.close();
    await expect.poll(async () => (await commands(up)).filter((status) => status === "Cancelled").length).toBe(2);
  });

  it("has a terminal in a container, by ECS Exec where its task was started for it, else by docker exec", async ({
    skip,
  }) => {
    const { up, served } = console();
    await createServiceWithExec(up);
    onTestFinished(async () => {
      await up.aws.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: "shell", force: true }));
    });
    const page = await openConsole(skip, served.url, "machines");
    for (const service of ["service-bia-alb", "shell"]) {
      const task = (await tasksOf(up)).find(({ group }) => group === `service:${service}`);
      const key = `${task?.id}.${task?.containers?.[0]?.name}`;
      await page.goto(`${served.url}#machines/${key}/terminal`);
      await saying(page, /[$#] ?$/m);
      await type(page, "cd /tmp; export A=ação");
      await saying(page, /A=ação\n.*[$#]\s*$/);
      await type(page, "node -e 'console.log(process.env.A, 6 * 7)'");
      await saying(page, /^ação 42$/m);
      await type(page, "exit");
      await page.getByText("The session is over.").waitFor();
      expect(await page.locator(".command code").innerText()).toBe(
        `bia-infra exec ${service} --task ${task?.id} --container ${task?.containers?.[0]?.name} -- sh`,
      );
    }
    await page.getByRole("button", { name: "Open again" }).click();
    await saying(page, /^# ?$/m);
  });

  it("on aws has no terminal, and says what to type", async ({ skip }) => {
    const { up } = console();
    const { url } = await consoleOnAws(up);
    const page = await openConsole(skip, url, "machines");
    await page.getByText(/^Docker Compose version/).waitFor();
    expect(await page.locator(".command code").innerText()).toMatch(/^aws ec2 get-console-output --region us-east-1 /);
    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByText("bia-infra ssh bia-dev --target aws").waitFor();
    expect(await page.locator(".terminal-host").count()).toBe(0);
    const socket = new WebSocket(`${url.replace("http:", "ws:")}terminals/i-1`);
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(404);
  });
}

/** A console whose target is aws, which the sandbox stands for. It ends with the test. */
async function consoleOnAws({ env, folder, sandbox: { endpoint, keys } }: StackUp): Promise<ConsoleUp> {
  const { accessKeyId, secretAccessKey } = keys;
  const aws = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const served = await consoleUp({ ...env, ...aws }, folder, "--target", "aws");
  onTestFinished(async () => {
    await served.stop();
  });
  return served;
}

async function tasksOf({ aws: { ecs } }: StackUp) {
  const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: CLUSTER }));
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
  return tasks.map((task) => ({ ...task, id: task.taskArn?.split("/").at(-1) ?? "" }));
}

function shown(page: Page, what: string): Promise<(string | null)[]> {
  return page.$$eval(`[data-${what}]`, (found, name) => found.map((one) => one.getAttribute(name)), `data-${what}`);
}

/** How Run Command's commands are, the newest first. */
async function commands({ aws: { ssm } }: StackUp): Promise<(string | undefined)[]> {
  const { CommandInvocations = [] } = await ssm.send(new ListCommandInvocationsCommand({}));
  return CommandInvocations.filter(({ Comment }) => Comment === "bia-infra ssh").map(({ Status }) => Status);
}

async function lastCommand(up: StackUp): Promise<string | undefined> {
  return (await commands(up))[0];
}

async function type(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

/** Waits until the terminal shows something. */
async function saying(page: Page, wanted: RegExp): Promise<void> {
  const rows = () =>
    page
      .locator(".xterm-rows")
      .evaluate((box) => [...box.children].map((row) => row.textContent?.trimEnd()).join("\n"));
  await expect.poll(rows, { timeout: 30_000 }).toMatch(wanted);
}

/** The sizes that the page's terminals tell. */
function sizesSaidBy(page: Page): { columns: number; rows: number }[] {
  const sizes: { columns: number; rows: number }[] = [];
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      const said = JSON.parse(String(payload));
      if ("columns" in said) sizes.push(said);
    }),
  );
  return sizes;
}
