import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeKeyPairsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StackMachines } from "../../src/aws/stack-machines.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { permissionsOf } from "../../src/stacks/index.ts";
import { actionsFor, type PermissionCommand } from "../../src/stacks/permissions.ts";
import { load, type StackName } from "../../src/variables/index.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { consoleUp, heard } from "../support/console.ts";
import { freePort } from "../support/free-port.ts";
import { clientsOf } from "../support/runs.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");
/** sts:GetCallerIdentity is allowed to everybody. (its API reference) */
const FREE = "sts:GetCallerIdentity";
/** What the test itself asks and no command does. */
const MARK = "ec2:DescribeKeyPairs";

/** What the sandbox's log calls by its name in signatures, as IAM calls it. */
const IN_IAM: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** A command of the policies' names, and how it is run. */
type CommandRun = readonly [PermissionCommand, ...string[]];

/** What each command is run for, in this order on one sandbox. */
const BIA: readonly CommandRun[] = [
  ["stacks", "stacks"],
  ["doctor", "doctor"],
  ["plan", "plan"],
  ["status", "status"],
  ["create", "create", "--all"],
  ["plan", "plan"],
  ["status", "status"],
  ["console", "console"],
  ["outputs", "outputs"],
  ["cost", "cost"],
  ["ssh", "ssh", "--", "ls"],
  ["dev", "dev", "logs"],
  ["dev", "dev", "up", "--again"],
  ["dev", "dev", "down"],
  // One that finds what is there, and repairs something.
  ["create", "create", "--all"],
  ["deploy-version", "deploy-version", "--tag", "v2", "--probe"],
  ["verify", "verify", "--tag", "v2"],
  ["verify", "verify"],
  ["ci-role", "ci-role", "--repo", "you/bia"],
  ["versions", "versions"],
  ["exec", "exec", "--", "true"],
  ["logs", "logs"],
  ["logs", "logs", "--query", "fields @message | limit 1"],
  ["metrics", "metrics"],
  ["rollback", "rollback"],
  ["rollback", "rollback", "--to", "2"],
  ["restart", "restart"],
  ["unlock", "unlock", "--yes"],
  ["destroy", "destroy", "--all", "--yes"],
];

/** What retail has while it is up, before the versions are looked at. */
const CHANGED: readonly CommandRun[] = [
  ["deploy-version", "deploy-version", "--stack", "retail", "--env", "RETAIL_UI_BANNER=v2", "--probe"],
  ["verify", "verify", "--stack", "retail"],
  ["watch", "watch", "scaling", "--for", "1s", "--stack", "retail"],
];

const BIA_ALONE: readonly PermissionCommand[] = ["ssh", "dev", "ci-role", "deploy-version", "verify"];

const RETAIL: readonly CommandRun[] = [
  ["stacks", "stacks"],
  ...BIA.filter(([command]) => command !== "stacks" && !BIA_ALONE.includes(command)).flatMap(
    ([command, typed = "", ...args]): CommandRun[] => [
      ...(command === "versions" ? CHANGED : []),
      [command, typed, "--stack", "retail", ...args],
    ],
  ),
];

const RUNS: readonly (readonly [StackName, readonly CommandRun[]])[] = [
  ["bia", BIA],
  ["retail", RETAIL],
];

/** Every command on the whole stack, each a process of its own, and what the sandbox was asked meanwhile. */
describe.each(RUNS)("the policies that are published for stack %s", { timeout: 300_000 }, (stack, runs) => {
  const where = `src/stacks/${stack}/permissions.ts`;
  const asked = new Map<PermissionCommand, Set<string>>();
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let ec2: EC2Client;

  /** The actions that the sandbox's log names. */
  async function actions(): Promise<string[]> {
    const lines = (await readFile(sandboxHome(env).log, "utf8")).split("\n");
    return lines.flatMap((line) => {
      const [, service, operation] = /^\S+ \d{3} (\S+) (\S+) [\d.]+ ms (?!\S+ by )/.exec(line) ?? [];
      return service === undefined ? [] : [`${IN_IAM[service] ?? service}:${operation}`];
    });
  }

  /** Waits until the log, which is written behind the answers, has all that was asked up to now. */
  async function logged(): Promise<void> {
    const marks = async () => (await actions()).filter((action) => action === MARK).length;
    const before = await marks();
    await ec2.send(new DescribeKeyPairsCommand({}));
    await vi.waitFor(async () => expect(await marks()).toBeGreaterThan(before), { timeout: 20_000 });
  }

  /** The console, until it has told all that it looks at, and of each machine and container the log. */
  async function looked(options: readonly string[]) {
    const served = await consoleUp(env, folder, ...options);
    const said = await heard(served.url, ["look", "service", "network", "machines", "usage"]);
    const { found } = JSON.parse(/^event: machines\ndata: (.*)$/m.exec(said)?.[1] ?? "{}") as { found: StackMachines };
    const containers = found.tasks.flatMap(({ id, containers }) => containers.map(({ name }) => `${id}.${name}`));
    for (const place of [...found.machines.map(({ id }) => id), ...containers]) {
      const log = await fetch(`${served.url}logs/${place}`);
      for await (const _ of log.body ?? []) break;
    }
    return { code: await served.stop(), stderr: "" };
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "bia-permissions-"));
    env = bareEnvironment({ BIA_SANDBOX_HOME: path.join(folder, "sandbox"), BIA_SANDBOX_DELAYS: "none" });
    const port = await freePort();
    const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
    await mkdir(path.join(folder, "config"));
    const variables = JSON.stringify({ app: { source: TINY_APP }, devMachine });
    await writeFile(path.join(folder, "config", "bia.ts"), `export default ${variables};\n`);
    await runCli(["sandbox", "start"], env, folder);
    const { endpoint = "", ...keys } = (await readRecord(sandboxHome(env))) ?? {};
    ec2 = clientsOf({ endpoint, keys: { accessKeyId: "", secretAccessKey: "", ...keys } }).ec2;
    for (const [command, ...args] of runs) {
      const before = (await actions()).length;
      const { code, stderr } = await (args[0] === "console" ? looked(args.slice(1)) : runCli(args, env, folder));
      expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
      await logged();
      const made = (await actions()).slice(before).filter((action) => action !== FREE && action !== MARK);
      asked.set(command, new Set([...(asked.get(command) ?? []), ...made]));
    }
  }, 300_000);

  afterAll(async () => {
    await runCli(["sandbox", "stop"], env, folder);
    await rm(folder, { recursive: true, force: true });
  });

  const permissions = async () => permissionsOf((await load(undefined, folder, stack)).variables);

  it.each([...new Set(runs.map(([command]) => command))])(
    "allow what %s asks AWS for, and nothing else without a reason",
    async (command) => {
      const all = await permissions();
      const allowed = actionsFor(all, [command]);
      const made = [...(asked.get(command) ?? [])].sort();
      const missing = made.filter((action) => !allowed.includes(action));
      expect(missing, `${command} makes these calls: add them to GRANTS in ${where}, for "${command}"`).toEqual([]);
      const explained = all.grants.filter((grant) => grant.because !== undefined && grant.for.includes(command));
      const because = new Set(explained.flatMap((grant) => grant.actions));
      const needless = allowed.filter((action) => !made.includes(action) && !because.has(action));
      const advice = `${command} did not make these calls: take them away in ${where}, or say there when it does (because)`;
      expect(needless, advice).toEqual([]);
    },
  );
});
