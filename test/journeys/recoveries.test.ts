import { Resolver } from "node:dns/promises";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { DescribeTasksCommand, ListTasksCommand } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand, DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { secretNamed } from "../../src/aws/secrets.ts";
import type { SandboxDetails } from "../../src/sandbox/daemon.ts";
import { isRunning } from "../../src/sandbox/health.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { ask } from "../support/ask.ts";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { everythingOver } from "../support/everything.ts";
import { freePort } from "../support/free-port.ts";
import { pidsBelow } from "../support/listening.ts";
import { clientsOf } from "../support/runs.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");
const CLUSTER = "cluster-bia-alb";

/** Everything up, and then what serves it ends, in one way or another: afterwards all is there again, as it was. */
describe.runIf(process.platform === "linux")("a sandbox with everything up", { timeout: 300_000 }, () => {
  let home: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let site: URL;
  let app: URL;
  let authority: string;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const status = async () =>
    JSON.parse((await bia("sandbox", "status", "--json")).stdout) as { details: SandboxDetails; pid: number };

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    folder = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    env = bareEnvironment({ BIA_SANDBOX_HOME: home });
    // Not the course's 3001: whoever runs this may have a sandbox of their own, with the app up on it.
    const port = await freePort();
    const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
    await mkdir(path.join(folder, "config"));
    await writeFile(
      path.join(folder, "config", "bia.ts"),
      `export default ${JSON.stringify({ app: { source: TINY_APP }, devMachine })};\n`,
    );
    const created = reportOf(await bia("create", "--all", "--json"));
    expect(created).toMatchObject({ exitCode: 0 });
    site = new URL(created.outputs.site ?? "");
    app = new URL(created.outputs.app ?? "");
    authority = (await bia("sandbox", "ca")).stdout;
    await query("create table kept (word text)", "insert into kept values ('kept')");
  });

  afterAll(async () => {
    await bia("sandbox", "stop");
    await bia("sandbox", "reset", "--yes");
    for (const made of [home, folder]) await rm(made, { recursive: true, force: true });
  });

  async function reachable() {
    const record = await readRecord(sandboxHome(env));
    if (!record) throw new Error("no sandbox is running");
    return { endpoint: record.endpoint, keys: record };
  }

  /** Rows of the last of these statements, from PostgreSQL itself. */
  async function query(...statements: string[]): Promise<unknown[]> {
    const aws = clientsOf(await reachable());
    const password = await secretNamed(aws.ssm, "/bia-infra/bia/bia/password").finally(() => aws.close());
    const [host = "", port] = ((await status()).details.databases[0]?.reachedAt ?? "").split(":");
    const client = new Client({
      host,
      port: Number(port),
      user: "postgres",
      password,
      database: "postgres",
      ssl: { ca: authority },
    });
    await client.connect();
    try {
      let rows: unknown[] = [];
      for (const statement of statements) ({ rows } = await client.query(statement));
      return rows;
    } finally {
      await client.end();
    }
  }

  /** All that AWS lists, and what is really there behind it. */
  async function world(): Promise<unknown> {
    const reached = await reachable();
    const aws = clientsOf(reached);
    try {
      const { taskArns = [] } = await aws.ecs.send(new ListTasksCommand({ cluster: CLUSTER }));
      const { tasks = [] } = await aws.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
      const { TargetGroups } = await aws.elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }));
      const { TargetGroupArn } = TargetGroups?.[0] ?? {};
      const { TargetHealthDescriptions } = await aws.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      const { imageDetails } = await aws.ecr.send(new DescribeImagesCommand({ repositoryName: "bia" }));
      const names = new Resolver();
      const { details } = await status();
      names.setServers([details.dns ?? ""]);
      // Where this computer's port 443 was somebody else's for a moment, the sandbox has gone on at another one.
      site = new URL((JSON.parse((await bia("outputs", "--json")).stdout) as { site: string }).site);
      return {
        listed: await everythingOver(reached),
        tasks: tasks.map(({ taskArn, lastStatus, containers, startedAt }) => [
          taskArn,
          lastStatus,
          startedAt,
          containers?.map(({ imageDigest, networkBindings }) => [imageDigest, networkBindings]),
        ]),
        targets: TargetHealthDescriptions?.map(({ Target, TargetHealth }) => [Target, TargetHealth?.State]),
        images: imageDetails?.map(({ imageDigest, imageTags, imagePushedAt }) => [
          imageDigest,
          imageTags,
          imagePushedAt,
        ]),
        rows: await query("select word from kept"),
        site: await ask(site, authority, "/api/versao"),
        app: await (await fetch(new URL("/api/tarefas", app))).text(),
        addresses: await names.resolve4(site.hostname),
        containers: details.machines.map(({ id, containers }) => [
          id,
          // Where it answers on this computer is another port each time, unless somebody outside may call it: see `app`.
          containers.map(({ name, ports }) => [name, ports.map((port) => [port.hostPort, port.containerPort])]).sort(),
        ]),
      };
    } finally {
      aws.close();
    }
  }

  const processes = async () => {
    const { pid } = await status();
    return [pid, ...(await pidsBelow(pid))];
  };

  const kill = (pids: readonly number[]) => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  };

  it.each<[string, (all: number[]) => unknown]>([
    [
      "its stop, which leaves no process",
      async (all) => {
        expect(await bia("sandbox", "stop")).toMatchObject({ code: 0 });
        expect(all.filter(isRunning)).toEqual([]);
      },
    ],
    ["the sudden death of its process", ([daemon = 0]) => kill([daemon])],
    ["the sudden death of all of its processes at once", kill],
  ])("is as it was after %s, and a start", async (_, end) => {
    const before = await world();
    expect(before).toMatchObject({ rows: [{ word: "kept" }], site: { status: 200 } });
    const all = await processes();
    await end(all);
    await vi.waitUntil(() => !isRunning(all[0] ?? 0), { timeout: 30_000 });
    expect(await bia("sandbox", "start")).toMatchObject({ code: 0 });
    await expect.poll(world, { timeout: 120_000, interval: 500 }).toEqual(before);
    expect(all.filter(isRunning)).toEqual([]);
    expect(reportOf(await bia("create", "--all", "--json"))).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    expect(await bia("load", site.href, "--rate", "50", "--for", "1s")).toMatchObject({ code: 0 });
  });
});
