import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { DescribeServicesCommand } from "@aws-sdk/client-ecs";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { Probe } from "../../src/release/probe/probe.ts";
import type { LivesKept } from "../../src/runs/kept.ts";
import { fileOf, listRuns, readRun } from "../../src/runs/read.ts";
import { byBody, byRevision, requestsOver } from "../../src/runs/requests.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { imageOf, push, type TestRegistry } from "../support/registry.ts";
import { clientsOf } from "../support/runs.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");
const PASSWORD = "/bia-infra/bia/bia/password";
/** Requests a second. */
const RATE = { good: 200, bad: 50 };

/**
 * Versions of an app, good ones and bad ones, for somebody new: an empty HOME, the sandbox's default folder, two tasks of which
 * one serves while the other is replaced. The sandbox's clock runs ten times as fast, for the checks that give a task its time.
 */
describe.runIf(process.platform === "linux")("versions of the app", { timeout: 120_000 }, () => {
  let home: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let registry: string;
  let aws: AwsClients;
  /** The app as it is when nothing is wrong with it. */
  let good: string;
  let changes = 0;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const deploy = (tag: string, ...more: string[]) => bia("deploy-version", "--tag", tag, ...more);
  const write = (text: string) => writeFile(path.join(folder, "app", "server.mjs"), text);
  /** The good app once more, so that its image is another one. */
  const change = () => write(`${good}// ${++changes}\n`);
  /** A line before all others of the app that only holds for it as a task of ECS. */
  const asTask = (line: string) => write(`if (process.env.AWS_EXECUTION_ENV) {\n${line}\n}\n${good}`);
  const configure = (taskDefinition: object) => {
    const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
    const variables = { app: { source: "../app" }, devMachine, taskDefinition };
    return writeFile(path.join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
  };
  const service = async () => {
    const asked = { cluster: "cluster-bia-alb", services: ["service-bia-alb"] };
    return (await aws.ecs.send(new DescribeServicesCommand(asked))).services?.[0];
  };
  let port: number;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-versions-"));
    folder = await mkdtemp(path.join(tmpdir(), "bia-versions-"));
    env = bareEnvironment({
      HOME: home,
      npm_config_userconfig: path.join(homedir(), ".npmrc"),
      npm_config_cache: process.env.npm_config_cache ?? path.join(homedir(), ".npm"),
      BIA_SANDBOX_SPEED: "10",
    });
    delete env.XDG_DATA_HOME;
    port = await freePort();
    await cp(TINY_APP, path.join(folder, "app"), { recursive: true });
    good = await readFile(path.join(folder, "app", "server.mjs"), "utf8");
    await mkdir(path.join(folder, "config"));
    await configure({});
    await bia("sandbox", "start");
    const { folder: at } = JSON.parse((await bia("sandbox", "status", "--json")).stdout) as { folder: string };
    const record = await readRecord(sandboxHome({ BIA_SANDBOX_HOME: at }));
    if (!record) throw new Error("no sandbox is running");
    registry = record.registry ?? "";
    aws = clientsOf({ endpoint: record.endpoint, keys: record });
  });

  afterAll(async () => {
    aws?.close();
    await bia("sandbox", "stop");
    await bia("sandbox", "reset", "--yes");
    for (const made of [home, folder]) await rm(made, { recursive: true, force: true });
  });

  /** Version v1 serves, whatever the test before this one did. */
  async function serving(): Promise<void> {
    await configure({});
    await write(good);
    if ((await deploy("v1", "--json")).code === 0) return;
    expect(reportOf(await bia("create", "--all", "--json"))).toMatchObject({ exitCode: 0 });
    expect(reportOf(await deploy("v1", "--json"))).toMatchObject({ exitCode: 0 });
  }

  /** What is wrong with a version, and what its last lines have to say. The last of them comes to serve where none had served before it. */
  const bad: Record<
    string,
    { prepare: () => Promise<unknown>; args?: string[]; says: string[]; restore?: () => Promise<unknown> }
  > = {
    crashes: {
      prepare: () => asTask('console.error("Error: no DB_HOST"); process.exit(3);'),
      says: ["| Error: no DB_HOST", "container bia exited with 3"],
    },
    "fails-its-check": {
      prepare: () => write(good.replace('"/": () => [200', '"/": () => [process.env.AWS_EXECUTION_ENV ? 500 : 200')),
      says: ["Task failed ELB health checks in (target-group tg-bia)", "codes: [500]"],
    },
    "is-for-other-machines": {
      prepare: async () => {
        const { authorizationData = [] } = await aws.ecr.send(new GetAuthorizationTokenCommand({}));
        const authorization = `Basic ${authorizationData[0]?.authorizationToken}`;
        const ask: TestRegistry["ask"] = (at, init = {}) =>
          fetch(new URL(at, `http://${registry}/v2/`), {
            ...init,
            headers: { authorization, ...(init.headers as object) },
          });
        await push({ ask } as TestRegistry, imageOf("arm", "arm64"), "is-for-other-machines");
      },
      args: ["--builder", "none"],
      says: ["is for linux/arm64, and the machines are linux/amd64"],
    },
    "needs-more-memory": {
      prepare: () => configure({ container: { memory: 4096 } }),
      says: ["4096"],
    },
    "fails-to-migrate": {
      prepare: () => writeFile(path.join(folder, "app", "broken-migration"), ""),
      args: ["--migrate"],
      says: ["ERROR: column sort of relation Tarefas already exists", "npx sequelize db:migrate exited with 1"],
      restore: () => rm(path.join(folder, "app", "broken-migration")),
    },
    "has-lost-its-secret": {
      prepare: async () => {
        const found = await aws.ssm.send(new GetParameterCommand({ Name: PASSWORD, WithDecryption: true }));
        const tags = new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: PASSWORD });
        const { TagList: Tags } = await aws.ssm.send(tags);
        bad["has-lost-its-secret"] = {
          ...(bad["has-lost-its-secret"] as (typeof bad)[string]),
          restore: () =>
            aws.ssm.send(
              new PutParameterCommand({ Name: PASSWORD, Value: found.Parameter?.Value, Type: "SecureString", Tags }),
            ),
        };
        await aws.ssm.send(new DeleteParameterCommand({ Name: PASSWORD }));
      },
      says: ["password of database bia is not there"],
    },
    "answers-another-version": {
      prepare: () => asTask('process.env.VERSAO_API = "v0";'),
      says: ['answers "Bia v0", and not answers-another-version'],
    },
  };

  /** A version with something wrong is put on the service, and what its last lines have to say is there. */
  async function failing(tag: string, ...more: string[]): Promise<CliResult> {
    const { prepare, args = [], says } = bad[tag] as (typeof bad)[string];
    await prepare();
    const result = await deploy(tag, ...more, ...args).finally(() => bad[tag]?.restore?.());
    expect([1, 6], result.stderr).toContain(result.code);
    const last = result.stderr.trim().split("\n").slice(-7).join("\n");
    for (const words of says) expect(last, result.stderr).toContain(words);
    return result;
  }

  it("that was never one which served: a first deploy that fails says why, and that there is none to go back to", async () => {
    await bad.crashes?.prepare();
    const created = await bia("create", "--all");
    expect(created).toMatchObject({ code: 1 });
    expect(created.stderr).toMatch(/2 of its tasks ended by themselves: container bia exited with 3/);
    for (const tag of Object.keys(bad)) {
      await configure({});
      await write(good);
      const { stderr } = await failing(tag);
      expect(stderr).toMatch(/No version served before it|no version serves yet/i);
      expect(stderr).not.toMatch(/as before|Taking it back/);
    }
  });

  it("follow one another under load without a request lost, each answer naming one that was deployed then", async () => {
    await serving();
    const outputs = reportOf(await bia("create", "--all", "--json")).outputs;
    const url = new URL("/api/versao", outputs["load balancer"]).href;
    const probe = new Probe({ url, rate: RATE.good });
    const began = performance.now();
    const spans: { tag: string; from: number; until: number }[] = [];
    for (const tag of ["v2", "v3"] as const) {
      await change();
      const from = performance.now() - began;
      const result = await deploy(tag, "--json");
      expect(reportOf(result), result.stdout).toMatchObject({ exitCode: 0 });
      spans.push({ tag, from, until: performance.now() - began });
    }
    const last = spans.at(-1) as (typeof spans)[number];
    const back = performance.now();
    expect(reportOf(await bia("rollback", "--json"))).toMatchObject({ exitCode: 0 });
    expect(performance.now() - back).toBeLessThanOrEqual(last.until - last.from);
    const { requests, failed, failures, answers } = await probe.end();
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(requests).toBeGreaterThan(RATE.good * 3);
    expect(answers.map(({ body }) => body)).toEqual(["Bia v1", "Bia v2", "Bia v3"]);
    for (const [index, { from }] of spans.entries()) expect(answers[index + 1]?.fromMs).toBeGreaterThanOrEqual(from);
    expect(answers[0]?.untilMs).toBeLessThanOrEqual(spans[0]?.until ?? 0);
  });

  it("are told apart in what is kept of a deploy: who answered when, what a probe heard, and when each task was healthy first", async () => {
    await serving();
    await change();
    const { probe } = reportOf(await deploy("v4", "--probe", `${RATE.good}`, "--json"));
    const runs = path.join(home, ".local", "state", "bia-infra", "runs");
    const [newest] = await listRuns(runs);
    const events = await readRun((await fileOf(runs, newest?.number ?? 0)) ?? "");
    const kept = events.find(({ type }) => type === "lives") as LivesKept;
    const over = requestsOver(byRevision(kept.answered ?? [], kept.lives), { from: kept.from, to: kept.until });
    expect(over.courses.map(({ name }) => kept.lives.versions[name])).toEqual(["v1", "v4"]);
    expect(over.failed.count).toBe(0);
    const heard = requestsOver(byBody(events), { from: events[0]?.at ?? 0, to: (events.at(-1)?.at ?? 0) + 1 });
    const sums = Object.fromEntries(heard.courses.map(({ name, count }) => [name, count]));
    expect(sums).toEqual(Object.fromEntries((probe?.answers ?? []).map(({ body, count }) => [body, count])));
    const fresh = kept.lives.tasks.filter(({ revision }) => kept.lives.versions[revision] === "v4");
    expect(fresh).toHaveLength(2);
    for (const { startedAt = 0, healthyAt = 0 } of fresh) expect(healthyAt).toBeGreaterThan(startedAt);
  });

  it.each(Object.keys(bad))("one that %s is not left serving, and nobody's request fails for it", async (tag) => {
    await serving();
    const before = await service();
    const { stderr } = await failing(tag, "--probe", `${RATE.bad}`);
    expect(stderr).toMatch(/^ {2}0 of [\d,]+ requests failed/m);
    expect(stderr).toMatch(/^ {2}Bia v1: /m);
    expect((await service())?.taskDefinition).toBe(before?.taskDefinition);
    expect((await service())?.runningCount).toBe(2);
  });
});
