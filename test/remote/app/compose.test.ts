import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { compose, migrateScript, upScript } from "../../../src/remote/app/compose.ts";
import type { Machine } from "../../../src/sandbox/machine/machine.ts";
import { userData } from "../../../src/stacks/bia/user-data.ts";
import { FakeEngine } from "../../sandbox/machine/fake-engine.ts";
import { boot, stdoutOf } from "../../sandbox/machine/workbench.ts";

const app = { folder: "/home/ec2-user/bia", user: "ec2-user", port: 3001, region: "us-east-1" };

let machine: Machine;
let engine: FakeEngine;

beforeEach(async () => {
  engine = new FakeEngine();
  machine = boot({}, engine);
  await machine.runUserData(userData({ composeVersion: "v2.23.3", swapMiB: 0 }));
  const shipped = path.resolve(import.meta.dirname, "../../../app");
  const files = ["compose.yml", "Dockerfile"].map(async (name) => {
    const content = (await readFile(path.join(shipped, name))).toString("base64");
    return `echo ${content} | base64 -d > ${app.folder}/${name}`;
  });
  await machine.run(`mkdir ${app.folder}; ${(await Promise.all(files)).join("; ")}; chown -R ec2-user: ${app.folder}`);
});

/** Something that answers on the machine's port 3001, as the server's container does. */
async function serving(answer: (path: string | undefined) => string = () => "Bia 1.0.0"): Promise<void> {
  const server = createServer(({ url }, response) => response.end(answer(url))).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const { list } = engine.containers;
  const localPort = (server.address() as AddressInfo).port;
  const bound = <Port extends { hostPort?: number }>(port: Port) =>
    port.hostPort === 3001 ? { ...port, localPort } : port;
  engine.containers.list = (options) => list(options).map((one) => ({ ...one, ports: one.ports.map(bound) }));
}

const run = (script: string) => machine.run(`set -euo pipefail\n${script}`);

describe("bringing the app up on a machine", () => {
  it("builds and starts it as its user and ends when it answers, with what it answered", async () => {
    await serving();
    const { stdout, exitCode } = await run(upScript(app));
    expect({ exitCode, last: stdout.trimEnd().split("\n").at(-1) }).toEqual({ exitCode: 0, last: "Bia 1.0.0" });
    expect(await stdoutOf(machine, "docker ps --format '{{.Names}} {{.Ports}}' | sort")).toMatch(
      /^bia 0\.0\.0\.0:3001->8080\/tcp.*\ndatabase /,
    );
  });

  it("serves it on the port of the variables", async () => {
    await run(compose({ ...app, port: 8088 }, "up -d --build"));
    expect(await stdoutOf(machine, "docker ps --format '{{.Ports}}' --filter name=bia")).toContain("8088->8080");
  });

  it("fails with what the build says", async () => {
    engine.onBuild = () => {
      throw Object.assign(new Error("failed to solve: unknown instruction: RUNN"), { name: "ImageError" });
    };
    const { stdout, stderr, exitCode } = await run(upScript(app));
    expect(exitCode).not.toBe(0);
    expect(stdout + stderr).toContain("unknown instruction: RUNN");
  });
});

describe("an app that is not bia", () => {
  const other = {
    ...app,
    traits: {
      service: "database",
      health: { path: "/health?full=1", text: "it's up", data: "/" },
      migrate: ["node", "migrate.js", "--to", "the end"],
    },
  };

  it("is up once its own path answers with its own text", async () => {
    let asked = 0;
    await serving((path) => (path === "/health?full=1" && ++asked > 2 ? "yes, it's up" : "Bia"));
    const { stdout, exitCode } = await run(upScript(other));
    expect({ exitCode, last: stdout.trimEnd().split("\n").at(-1), asked }).toEqual({
      exitCode: 0,
      last: "yes, it's up",
      asked: 3,
    });
  });

  it("is migrated by its own command, again while its database cannot be reached", async () => {
    await run(compose(app, "up -d --build"));
    engine.onExec = ({ onOutput }) => {
      if (engine.execs.length > 1) return 0;
      onOutput?.("connect ECONNREFUSED", "stderr");
      return 1;
    };
    expect(await run(migrateScript(other))).toMatchObject({ exitCode: 0 });
    expect(engine.execs.map(({ argv }) => argv)).toEqual([other.traits.migrate, other.traits.migrate]);
  });
});

describe("making the app's database", () => {
  const sequelize = ({ argv }: { argv: readonly string[] }) => argv.at(-1) ?? "";

  beforeEach(async () => {
    await run(compose(app, "up -d --build"));
  });

  it("creates it, then migrates it", async () => {
    expect(await run(migrateScript(app))).toMatchObject({ exitCode: 0 });
    expect(engine.execs.map(sequelize)).toEqual(["npx sequelize db:create", "npx sequelize db:migrate"]);
  });

  it("goes on when the database is there already", async () => {
    engine.onExec = ({ argv, onOutput }) => {
      if (!argv.at(-1)?.endsWith("db:create")) return 0;
      onOutput?.('ERROR: database "bia" already exists\n', "stderr");
      return 1;
    };
    expect(await run(migrateScript(app))).toMatchObject({ exitCode: 0 });
  });

  it("waits for a database that is still starting", async () => {
    let tries = 0;
    engine.onExec = ({ onOutput }) => {
      tries += 1;
      if (tries > 2) return 0;
      onOutput?.("ERROR: connect ECONNREFUSED 172.18.0.2:5432\n", "stderr");
      return 1;
    };
    expect(await run(migrateScript(app))).toMatchObject({ exitCode: 0 });
    expect(tries).toBe(4);
  });

  it("starts a database that was killed, without building anything", async () => {
    await engine.containers.kill("database");
    const builds = engine.builds.length;
    expect(await run(migrateScript(app))).toMatchObject({ exitCode: 0 });
    expect(engine.containers.find("database")?.state.status).toBe("running");
    expect(engine.builds).toHaveLength(builds);
  });

  it("fails with the words of a migration that fails", async () => {
    engine.onExec = ({ argv, onOutput }) => {
      if (!argv.at(-1)?.endsWith("db:migrate")) return 0;
      onOutput?.('ERROR: relation "nothing" does not exist\n', "stderr");
      return 1;
    };
    const { stdout, stderr, exitCode } = await run(migrateScript(app));
    expect(exitCode).toBe(1);
    expect(stdout + stderr).toContain('relation "nothing" does not exist');
  });
});
