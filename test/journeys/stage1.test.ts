import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MachineRow } from "../../src/sandbox/sandbox.ts";
import { browserForTest } from "../support/chromium.ts";
import { bareEnvironment, type CliResult, reportOf, runCli, startCli, verdictsOf } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { descendantsOf } from "../support/processes.ts";

/**
 * What the README promises to someone who has just cloned the repository, as they would do it: every step a process of
 * its own, on a sandbox that nobody has used, with the app that comes with bia-infra.
 */
describe("stage 1, from the first command to the last", { timeout: 300_000 }, () => {
  let home: string;
  /** Where the commands run, with a variables file that differs from the course's in the port alone. */
  let folder: string;
  let port: number;
  let env: NodeJS.ProcessEnv;
  let url: URL;
  /** The run that brought up what stands now. */
  let created: CliResult;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const tasks = async () => (await (await fetch(new URL("/api/tarefas", url))).json()) as { titulo: string }[];

  /** What PostgreSQL itself has, asked past the app. */
  const rows = async () => {
    const [machine] = JSON.parse((await bia("sandbox", "machines", "--json")).stdout) as MachineRow[];
    const database = machine?.containers.find(({ name }) => name === "database");
    const { address: host = "", port = 0 } = database?.ports[0] ?? {};
    const client = new Client({ host, port, user: "postgres", password: "postgres", database: "bia" });
    await client.connect();
    return (await client.query('select titulo from "Tarefas"').finally(() => client.end())).rows;
  };

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    folder = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    // Hidden, with a blank, as the default folder is on some platform or other.
    env = bareEnvironment({
      BIA_SANDBOX_HOME: path.join(home, ".local", "Application Support"),
      HOME: home,
      npm_config_userconfig: path.join(homedir(), ".npmrc"),
      npm_config_cache: process.env.npm_config_cache ?? path.join(homedir(), ".npm"),
    });
    // Not the course's 3001: whoever runs this may have a sandbox of their own, with the app up on it.
    port = await freePort();
    const ingress = `[{ port: ${port}, cidr: "0.0.0.0/0" }]`;
    const variables = `{ devMachine: { appPort: ${port}, securityGroup: { ingress: ${ingress} } } }`;
    await mkdir(path.join(folder, "config"));
    await writeFile(path.join(folder, "config", "bia.ts"), `export default ${variables};\n`);
  });

  afterAll(async () => {
    await bia("sandbox", "stop");
    for (const made of [home, folder]) await rm(made, { recursive: true, force: true });
  });

  /** The app is up, with a task in its database, whatever the test before this one did. */
  beforeEach(async () => {
    const stands = url !== undefined && (await fetch(url).catch(() => undefined))?.ok;
    if (!stands) {
      created = await bia("create", "--stage", "1");
      expect(created).toMatchObject({ code: 0 });
      url = new URL(/^ {2}app\s+(\S+)$/m.exec(created.stdout)?.[1] ?? "");
    }
    await add("Rodar o lab");
  });

  async function add(titulo: string): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    const { ok } = await fetch(new URL("/api/tarefas", url), {
      method: "POST",
      headers,
      body: JSON.stringify({ titulo }),
    });
    expect(ok).toBe(true);
  }

  it("comes up with one command that ends with a URL", async () => {
    const [, first = "", value = ""] = /^ {2}(\S+)\s+(\S+)$/m.exec(created.stdout) ?? [];
    expect([first, value]).toEqual(["app", expect.stringMatching(/^http:/)]);
    expect(url.port).toBe(`${port}`);
    expect(await (await fetch(new URL("/api/versao", url))).text()).toMatch(/^Bia \d+\.\d+\.\d+$/);
  });

  it("opens in a browser, and a task added there is in the database after a reload", async ({ skip }) => {
    const page = await (await browserForTest(skip)).newPage();
    await page.goto(url.href);
    await page.getByRole("textbox", { name: "Tarefa" }).fill("Publicar no ECR");
    await page.getByRole("button", { name: "Salvar Tarefa" }).click();
    await page.getByRole("listitem").filter({ hasText: "Publicar no ECR" }).waitFor();
    await page.reload();
    await page.getByRole("listitem").filter({ hasText: "Publicar no ECR" }).waitFor();
    expect(await rows()).toContainEqual({ titulo: "Publicar no ECR" });
  });

  it("opens as a page, with its assets", async () => {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
    const asset = /src="(\/assets\/[^"]+)"/.exec(await answer.text())?.[1] ?? "";
    expect((await fetch(new URL(asset, url))).status).toBe(200);
  });

  it("is left alone the second time: no changing call, and nothing is built", async () => {
    const before = await bia("ssh", "bia-dev", "--", "docker ps -q --no-trunc");
    const second = await bia("create", "--stage", "1", "--json");
    expect(reportOf(second)).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    expect(new Set(Object.values(verdictsOf(reportOf(second))))).toEqual(new Set(["unchanged"]));
    expect(await bia("ssh", "bia-dev", "--", "docker ps -q --no-trunc")).toEqual(before);
  });

  it("answers on the machine as a real one would", async () => {
    const said = async (command: string) => (await bia("ssh", "bia-dev", "--", command)).stdout;
    expect(await said("docker ps --format '{{.Names}}' | sort")).toBe("bia\ndatabase\n");
    expect(await said("cat /etc/fstab")).toContain("/swapfile swap swap defaults 0 0");
    expect(await said("systemctl status docker")).toContain("Active: active (running)");
    expect(await said(`curl -s localhost:${port}/api/versao`)).toMatch(/^Bia /);
  });

  it("lists its machine with what runs there and where that is reached", async () => {
    const { stdout } = await bia("sandbox", "machines");
    expect(stdout).toMatch(/^bia-dev +i-[0-9a-f]{17} /m);
    expect(stdout).toContain(url.host);
  });

  it("goes down and comes up again with its data", async () => {
    const there = await tasks();
    expect(await bia("dev", "down")).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
    const up = reportOf(await bia("dev", "up", "--json"));
    expect(verdictsOf(up)).toMatchObject({ "dev-app-source": "unchanged", "dev-app": "update" });
    expect(await tasks()).toEqual(there);
  });

  it("shows what the app prints", async () => {
    await fetch(new URL("/api/ping", url));
    expect((await bia("dev", "logs")).stdout).toMatch(/^bia \| .*\/api\/ping/m);
  });

  it("goes on showing it until Ctrl-C, every line once", async () => {
    const marks = ["first-look", "second-look"];
    const { child, ended } = startCli(["dev", "logs", "--follow"], env, folder);
    let shown = "";
    let seen = () => {};
    child.stdout?.on("data", (chunk) => {
      shown += chunk;
      seen();
    });
    for (const mark of marks) {
      await fetch(new URL("/api/ping", url), { headers: { "x-request-id": mark } });
      await new Promise<void>((resolve) => {
        seen = () => shown.includes(mark) && resolve();
        seen();
      });
    }
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    for (const mark of marks) expect(stdout.split(mark)).toHaveLength(2);
  });

  it("heals a database that was killed, and loses nothing", async () => {
    const there = await tasks();
    expect(await bia("ssh", "bia-dev", "--", "docker kill --signal KILL database")).toMatchObject({ code: 0 });
    const plan = reportOf(await bia("plan", "--json"));
    expect(plan.tasks.find(({ id }) => id === "dev-database")).toMatchObject({ verdict: "update" });
    expect(reportOf(await bia("create", "--stage", "1", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await tasks()).toEqual(there);
  });

  it("survives a stop of the sandbox, with its data", async () => {
    const there = await tasks();
    expect(await bia("sandbox", "stop")).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
    expect(reportOf(await bia("create", "--stage", "1", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await tasks()).toEqual(there);
  });

  it("is sent, built and migrated anew with --again, without touching the data", async () => {
    const there = await tasks();
    const up = reportOf(await bia("dev", "up", "--again", "--json"));
    expect(up).toMatchObject({ exitCode: 0 });
    expect(verdictsOf(up)).toMatchObject({
      "dev-instance": "unchanged",
      "dev-app-source": "create",
      "dev-app": "update",
      "dev-database": "create",
    });
    expect(await tasks()).toEqual(there);
  });

  it("deletes its database only for someone who says so, and starts with an empty one then", async () => {
    const there = await tasks();
    const unasked = await bia("dev", "down", "--volumes");
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
    expect(await tasks()).toEqual(there);
    expect(await bia("dev", "down", "--volumes", "--yes")).toMatchObject({ code: 0 });
    await expect(fetch(url)).rejects.toThrow();
    expect((await bia("ssh", "bia-dev", "--", "docker volume ls -q")).stdout).toBe("");
    expect(reportOf(await bia("dev", "up", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await tasks()).toEqual([]);
  });

  it("leaves no process and no port when it is destroyed", async () => {
    const { pid } = JSON.parse((await bia("sandbox", "status", "--json")).stdout) as { pid: number };
    expect(await descendantsOf(pid)).not.toEqual([]);
    const report = reportOf(await bia("destroy", "--stage", "1", "--yes", "--json"));
    expect(report.exitCode).toBe(0);
    expect(await descendantsOf(pid)).toEqual([]);
    // What containers had lay in the home, because the sandbox's folder is hidden.
    expect((await readdir(home, { recursive: true })).filter((name) => /bia-infra-sandbox$/.test(name))).toEqual([]);
    await expect(listens(url)).resolves.toBe(false);
    expect(await bia("sandbox", "stop")).toMatchObject({ code: 0 });
  });
});

function listens({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
