import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateDBInstanceCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { resetSandbox, stopSandbox } from "../../src/sandbox/daemon.ts";
import { type Home, readRecord, type SandboxRecord, sandboxHome } from "../../src/sandbox/home.ts";
import type { MachineRow } from "../../src/sandbox/sandbox.ts";
import { crowd, GARBAGE, say, sayAndReset, sendEndlessLine } from "../support/attacks.ts";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { type ListeningPort, listeningPortsBelow } from "../support/listening.ts";
import { BIA } from "./services/rds/clients.ts";

const isLinux = process.platform === "linux";
if (!isLinux) console.log("not tested: what strangers do to the sandbox's ports, which are found in Linux's /proc");

const MEBIBYTE = 1024 ** 2;

/** A sandbox with everything in it that listens: an app in a container, a database in another, one of RDS. */
describe.runIf(isLinux)("the ports of a sandbox, of its containers and databases", { timeout: 300_000 }, () => {
  let home: Home;
  let record: SandboxRecord;
  let ports: ListeningPort[];
  let machine: MachineRow;
  let rds: { host: string; port: number };
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bia-sockets-"));
    home = sandboxHome({ BIA_SANDBOX_HOME: join(folder, "sandbox") });
    const env = bareEnvironment({ BIA_SANDBOX_HOME: home.folder });
    // Not the course's: whoever runs this may have a sandbox of their own, with the app up on it.
    const port = await freePort();
    const ingress = [{ port, cidr: "0.0.0.0/0" }];
    const source = join(import.meta.dirname, "../support/tiny-app");
    const variables = { app: { source }, devMachine: { appPort: port, securityGroup: { ingress } } };
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
    const bia = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCli(args, env, folder);
      expect({ code, stderr: code === 0 ? "" : stderr + stdout }).toEqual({ code: 0, stderr: "" });
      return stdout;
    };
    await bia("create", "--stage", "1");
    await bia("ssh", "bia-dev", "--", "docker run -d --name db -p 5432:5432 -e POSTGRES_PASSWORD=postgres postgres:16");
    record = (await readRecord(home)) as SandboxRecord;
    [machine] = JSON.parse(await bia("sandbox", "machines", "--json")) as [MachineRow];
    const before = await listeningPortsBelow(record.pid ?? 0);
    await sdk(RDSClient).send(new CreateDBInstanceCommand(BIA));
    await vi.waitUntil(
      async () => {
        const { DBInstances } = await sdk(RDSClient).send(new DescribeDBInstancesCommand({}));
        return DBInstances?.[0]?.DBInstanceStatus === "available";
      },
      { timeout: 60_000, interval: 100 },
    );
    const known = new Set(before.map(({ address, port }) => `${address}:${port}`));
    const [door] = (await listeningPortsBelow(record.pid ?? 0)).filter(
      (one) => !known.has(`${one.address}:${one.port}`),
    );
    rds = { host: door?.address ?? "", port: door?.port ?? 0 };
    await everythingWorks();
    ports = await listeningPortsBelow(record.pid ?? 0);
  });

  afterAll(async () => {
    await stopSandbox(home);
    // Databases of root's sandboxes lie elsewhere.
    await resetSandbox(home);
    await rm(folder, { recursive: true, force: true });
  });

  function sdk<Client>(Kind: new (config: object) => Client): Client {
    const { endpoint, accessKeyId, secretAccessKey } = record;
    return new Kind({ endpoint, region: "us-east-1", credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
  }

  const app = () => machine.containers.find(({ name }) => name === "bia")?.ports[0];
  const database = () => machine.containers.find(({ name }) => name === "db")?.ports[0];

  async function query(settings: pg.ClientConfig): Promise<unknown> {
    const client = new pg.Client({
      user: "postgres",
      database: "postgres",
      connectionTimeoutMillis: 15_000,
      ...settings,
    });
    client.on("error", () => {});
    await client.connect();
    return (await client.query("select 1 as one").finally(() => client.end())).rows[0];
  }

  /** The sandbox answers and is the same process; so do the app, the database in a container and the one of RDS. */
  async function everythingWorks(): Promise<void> {
    const { Reservations } = await sdk(EC2Client).send(new DescribeInstancesCommand({}));
    expect(Reservations).toHaveLength(1);
    expect(await (await fetch(`http://${app()?.address}:${app()?.port}/api/versao`)).text()).toBe("Bia tiny");
    const { address = "", port = 0 } = database() ?? {};
    expect(await query({ host: address, port, password: "postgres" })).toEqual({ one: 1 });
    const ssl = { rejectUnauthorized: false };
    expect(await query({ ...rds, password: BIA.MasterUserPassword, ssl })).toEqual({ one: 1 });
    expect((await readRecord(home))?.pid).toBe(record.pid);
  }

  /** Bytes of memory that the daemon has ever held. */
  async function mostMemory(): Promise<number> {
    const status = await readFile(`/proc/${record.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  const isPostgres = ({ program }: ListeningPort) => program.includes("postgres");

  it("are of this computer alone, and are the sandbox's, its processes', its app's and its databases'", () => {
    expect(ports.filter(({ address }) => !address.startsWith("127."))).toEqual([]);
    expect(ports.filter(({ pid }) => pid === record.pid).length).toBeGreaterThanOrEqual(4);
    expect(ports.filter(isPostgres)).toHaveLength(2);
    expect(ports.length).toBeGreaterThanOrEqual(7);
  });

  it("bear garbage, half lines, TLS hellos and resets", async () => {
    for (const place of ports) {
      await Promise.all(GARBAGE.flatMap((what) => [say(place, what), sayAndReset(place, what)]));
    }
    await everythingWorks();
  });

  it("hang up on a line that does not end, without keeping it", async () => {
    const before = await mostMemory();
    const taken = await Promise.all(ports.map((place) => sendEndlessLine(place)));
    expect(Math.max(...taken)).toBeLessThan(256 * MEBIBYTE);
    await everythingWorks();
    expect((await mostMemory()) - before).toBeLessThan(200 * MEBIBYTE);
  });

  it("serve those who may while strangers dawdle on all of them", async () => {
    const slow = await Promise.all(ports.map((place) => crowd(place, 60, "GET / HTTP/1.1\r\nhost: 127.")));
    await everythingWorks();
    for (const { leave } of slow) leave();
  });

  it("bear ten thousand callers at once", async () => {
    const before = await mostMemory();
    for (const place of ports) {
      // PostgreSQL's own have a process for each caller, until it has had no password for ten seconds.
      const many = await crowd(place, isPostgres(place) ? 300 : 10_000);
      // One that comes in the midst of them makes room for the next before it has shown its key, and comes again.
      const knocks = () => sdk(EC2Client).send(new DescribeInstancesCommand({}));
      if (place.pid === record.pid) await vi.waitFor(knocks, { timeout: 30_000, interval: 100 });
      many.leave();
    }
    await vi.waitFor(everythingWorks, { timeout: 30_000, interval: 500 });
    expect((await mostMemory()) - before).toBeLessThan(300 * MEBIBYTE);
  });
});
