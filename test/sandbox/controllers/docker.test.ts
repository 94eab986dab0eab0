import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  RevokeSecurityGroupIngressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { removeEngines } from "../../../src/sandbox/controllers/engines.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { becomes, clientsOf, isAlive, launch, openPort, page, poll, reach, serverImage } from "./launched.ts";

const fast: SandboxOptions = { delays: "none", throttling: false };

/** A sandbox whose state outlives it, and its folder. */
async function keptSandbox(): Promise<{ sandbox: RunningSandbox; folder: string; again(): Promise<RunningSandbox> }> {
  const folder = await mkdtemp(join(tmpdir(), "bia-kept-"));
  const open = () => startSandbox({ ...fast, folder });
  let sandbox = await open();
  onTestFinished(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });
  const again = async () => {
    await sandbox.close();
    sandbox = await open();
    return sandbox;
  };
  return { sandbox, folder, again };
}

describe("a published port", () => {
  it("is reached at the machine's address, if a security group opens it, for as long as its container runs", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web", [3001]);
    await machine.run(`${serverImage}; docker run -d --name web -p 3001:8080 -p 3002:8081 -e SAYS=hello server`);
    const { address } = await machine.row();
    const url = `http://${address}:3001`;
    expect(await poll(() => page(url))).toMatch(/^\d+ hello$/);
    expect((await machine.row()).containers).toMatchObject([
      {
        name: "web",
        image: "server",
        status: "running",
        ports: [
          { hostPort: 3001, containerPort: 8080, address, port: 3001 },
          { hostPort: 3002, address: "127.0.0.1", why: "no security group of the instance opens it" },
        ],
      },
    ]);
    await machine.run("docker stop web");
    expect(await page(url)).toBeUndefined();
    await machine.run("docker start web");
    expect(await poll(() => page(url))).toMatch(/hello$/);
  });

  it("opens and closes with the rules of the security group", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web");
    await machine.run(`${serverImage}; docker run -d --name web -p 3001:8080 -e SAYS=hello server`);
    const { address, containers } = await machine.row();
    const [port] = containers[0]?.ports ?? [];
    expect(await poll(() => page(`http://127.0.0.1:${port?.port}`))).toMatch(/hello$/);
    expect(await page(`http://${address}:3001`)).toBeUndefined();
    await openPort(sandbox, machine.groupId, 3001);
    expect(await poll(() => page(`http://${address}:3001`))).toMatch(/hello$/);
    const range = { IpProtocol: "tcp", FromPort: 3001, ToPort: 3001, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
    const { ec2 } = clientsOf(sandbox);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: machine.groupId, IpPermissions: [range] }));
    await poll(async () => ((await page(`http://${address}:3001`)) === undefined ? true : undefined));
  });

  it("can be the same on two machines, which have their own addresses", async () => {
    const sandbox = await sandboxForTest(fast);
    const machines = [await launch(sandbox, "one", [3001]), await launch(sandbox, "two", [3001])];
    for (const [index, machine] of machines.entries()) {
      await machine.run(`${serverImage}; docker run -d -p 3001:8080 -e SAYS=${index} server`);
      expect(await poll(async () => page(`http://${(await machine.row()).address}:3001`))).toMatch(
        new RegExp(` ${index}$`),
      );
    }
  });

  it("of another container is refused in docker's words, and free again after that one", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web", [3001]);
    await machine.run(`${serverImage}; docker run -d --name first -p 3001:8080 server`);
    const { stderr, exitCode } = await machine.run("docker run -d --name second -p 3001:8080 server");
    expect(stderr).toContain(
      "docker: Error response from daemon: Bind for 0.0.0.0:3001 failed: port is already allocated.",
    );
    expect(exitCode).toBe(125);
    expect(await machine.run("docker rm -f first; docker start second")).toMatchObject({ exitCode: 0 });
  });

  it("that a program of the user has is refused, saying so, and free again after that program", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web", [3001]);
    const { address } = await machine.row();
    const program = createServer();
    await new Promise<void>((resolve) => program.listen(3001, address, resolve));
    const { stderr } = await machine.run(`${serverImage}; docker run -d --name web -p 3001:8080 server`);
    expect(stderr).toContain("Ports are not available: exposing port TCP 0.0.0.0:3001");
    expect(stderr).toContain(
      `address already in use (bia-infra sandbox: another program of this computer has ${address}:3001)`,
    );
    await new Promise((resolve) => program.close(resolve));
    expect(await machine.run("docker start web")).toMatchObject({ exitCode: 0, stdout: "web" });
    expect(await poll(() => page(`http://${address}:3001`))).toBeDefined();
  });
});

describe("an instance", () => {
  it("that is stopped stops its containers; started again it runs those whose restart policy says so", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web", [3001]);
    await machine.run(
      `${serverImage}; docker run -d --name web -p 3001:8080 --restart unless-stopped server; docker run -d --name once server`,
    );
    const url = `http://${(await machine.row()).address}:3001`;
    const pid = Number.parseInt(await poll(() => page(url)), 10);
    const { ec2 } = clientsOf(sandbox);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [machine.id] }));
    await becomes(sandbox, machine.id, "stopped");
    expect(isAlive(pid)).toBe(false);
    await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
    await becomes(sandbox, machine.id, "running");
    const { stdout } = await machine.run("docker ps -a --format '{{.Names}} {{.State}}'");
    expect(stdout.split("\n").sort()).toEqual(["once exited", "web running"]);
    const { address } = await machine.row();
    expect(await poll(() => page(`http://${address}:3001`))).toBeDefined();
  });

  it("that is terminated leaves no process, no port and no file", async () => {
    const { sandbox, folder } = await keptSandbox();
    const machine = await launch(sandbox, "web", [3001]);
    await machine.run(
      `${serverImage}; docker run -d --name web -p 3001:8080 -v data:/data --restart always server
       docker run -d --name db -e POSTGRES_PASSWORD=secret -v db:/var/lib/postgresql/data postgres:16`,
    );
    const url = `http://${(await machine.row()).address}:3001`;
    const pid = Number.parseInt(await poll(() => page(url)), 10);
    const database = Number((await machine.run("docker inspect db -f '{{.State.Pid}}'")).stdout);
    expect(isAlive(database)).toBe(true);
    await clientsOf(sandbox).ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
    await becomes(sandbox, machine.id, "terminated");
    expect([pid, database].filter(isAlive)).toEqual([]);
    expect(await page(url)).toBeUndefined();
    expect(await readdir(join(folder, "machines"))).toEqual([]);
  });
});

describe("a sandbox", () => {
  it("that ends ends all containers, and brings back what ran, with its data, when it is started again", async () => {
    const { sandbox, again } = await keptSandbox();
    const machine = await launch(sandbox, "web", [3001]);
    await machine.run(
      `${serverImage}; docker run -d --name web -p 3001:8080 -v data:/data -e SAYS=hello server
       docker run -d --name stopped --restart always server; docker stop stopped
       docker exec web sh -c 'echo kept > /data/file'`,
    );
    const pid = Number.parseInt(await poll(async () => page(`http://${(await machine.row()).address}:3001`)), 10);
    const next = await again();
    expect(isAlive(pid)).toBe(false);
    const same = reach(next, machine.id, machine.groupId);
    expect((await same.run("docker ps -a --format '{{.Names}} {{.State}}'")).stdout.split("\n").sort()).toEqual([
      "stopped exited",
      "web running",
    ]);
    expect(await poll(async () => page(`http://${(await same.row()).address}:3001`))).toMatch(/hello$/);
    expect((await same.run("docker exec web cat /data/file")).stdout).toBe("kept");
  });

  it("in memory leaves nothing behind", async () => {
    // Others make folders in the computer's own at the same time.
    vi.stubEnv("TMPDIR", await temporaryFolder("bia-docker-"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const sandbox = await startSandbox(fast);
    const machine = await launch(sandbox, "web");
    await machine.run(`${serverImage}; docker run -d --name web server`);
    const made = (await readdir(tmpdir())).filter((name) => name.startsWith("bia-sandbox-"));
    const pid = Number((await machine.run("docker inspect web -f '{{.State.Pid}}'")).stdout);
    await sandbox.close();
    expect(isAlive(pid)).toBe(false);
    expect(made.map((name) => existsSync(join(tmpdir(), name)))).toEqual([false]);
  });

  it("is reset with what its machines kept outside of their folders", async () => {
    const { sandbox, folder } = await keptSandbox();
    const machine = await launch(sandbox, "db");
    await machine.run("docker run -d --name db -e POSTGRES_PASSWORD=secret -v db:/var/lib/postgresql/data postgres:16");
    const data = join(folder, "machines", machine.id, "containers", "volumes", "db", "data");
    // Root's databases are elsewhere when their folder lies behind a closed one; a file says where.
    const elsewhere = await readFile(join(data, "elsewhere"), "utf8").catch(() => data);
    expect(existsSync(elsewhere)).toBe(true);
    await sandbox.close();
    await removeEngines(folder, join(folder, "cache"));
    expect(await readdir(join(folder, "machines"))).toEqual([]);
    expect(existsSync(elsewhere)).toBe(false);
  });
});

describe("docker compose", () => {
  const file = `
services:
  web:
    build: .
    ports: ["3001:8080"]
    environment: { SAYS: "\${SAYS:-nothing}" }
    depends_on: { database: { condition: service_healthy } }
  database:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: secret }
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck: { test: ["CMD-SHELL", "pg_isready -U postgres"], interval: 0.2s }
volumes:
  db:`;

  it("builds, waits for a real database, serves, runs commands and takes all of it down", async () => {
    const sandbox = await sandboxForTest(fast);
    const machine = await launch(sandbox, "web", [3001]);
    const setUp = `${serverImage}; cat > compose.yml <<'END'\n${file}\nEND\n`;
    const up = await machine.run(`${setUp}SAYS=hello docker compose up -d --build --wait`);
    expect(up.stderr).toMatch(/Container server-database-1 {2}Healthy\n Container server-web-1 {2}Starting\n/);
    expect(up.exitCode).toBe(0);
    const url = `http://${(await machine.row()).address}:3001`;
    expect(await poll(() => page(url))).toMatch(/ hello$/);
    const connect = `require("net").connect(5432, "database", () => process.exit(7)).on("error", () => process.exit(1))`;
    const compose = (command: string) => machine.run(`cd /srv/server; docker compose ${command}`);
    expect(await compose(`exec -T web node -e '${connect}'`)).toMatchObject({ exitCode: 7 });
    expect((await compose("exec web bash -c 'echo $SAYS && pwd'")).stdout).toBe("hello\n/");
    expect((await compose("logs web")).stdout).toBe("web-1  | up");
    expect((await machine.run("curl -s localhost:3001")).stdout).toMatch(/ hello$/);
    await compose("down -v");
    expect(
      (await machine.run("docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom")).stdout,
    ).toBe("");
    expect(await page(url)).toBeUndefined();
  });
});
