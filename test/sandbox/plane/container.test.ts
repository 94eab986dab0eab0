import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openContainers, removeContainers } from "../../../src/sandbox/plane/container/engine.ts";
import { ContainerError } from "../../../src/sandbox/plane/container/error.ts";
import type { Container, ContainerEngine, ContainerSpec, EngineOptions } from "../../../src/sandbox/plane/container.ts";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import type { ImageStore } from "../../../src/sandbox/plane/image.ts";

/** One image for all tests: programs that do what their first argument says. */
const PROGRAM = `
const http = require("node:http");
const [what, ...args] = process.argv.slice(2);
const serve = (port, text, host = "0.0.0.0", says = () => "ready") => http.createServer((_, answer) => answer.end(text)).listen(port, host, function () { console.log(says(this.address().port)); });
const acts = {
  serve: () => serve(process.env.PORT, args[0] ?? "hello"),
  listen: () => serve(Number(args[0]), args[1] ?? "hello", args[2], (port) => "ready on " + port),
  exit: () => process.exit(Number(args[0])),
  crash: () => { throw new Error("quebrou"); },
  sleep: () => setInterval(() => {}, 1000),
  busy: () => { console.log("busy"); for (;;); },
  graceful: () => { process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); acts.serve(); },
  stubborn: () => { process.on("SIGTERM", () => console.log("no")); acts.sleep(); console.log("ready"); },
  grow: () => { const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1)); },
  family: () => {
    const child = require("node:child_process").spawn("sleep", ["1000"]);
    const node = require("node:child_process").spawn(process.execPath, [__filename, "busy"]);
    console.log(child.pid, node.pid);
    acts.sleep();
  },
  probe: () => {
    const server = require("node:net").createServer();
    server.once("listening", () => server.close(() => serve(Number(args[0]), "oi", args[1])));
    server.listen(Number(args[0]), args[1]);
  },
  get: () => fetch(args[0]).then((r) => r.text()).then(console.log, (e) => { console.error(e.cause?.code ?? e.message); process.exit(1); }),
  resolve: () => require("node:dns").promises.lookup(args[0]).then((r) => console.log(r.address)),
  env: () => console.log(JSON.stringify(process.env)),
  chatter: () => { let n = 0; setInterval(() => console.log("line " + n++), 5); },
};
acts[what]();
`;

let images: ImageStore;
let shared: string;

beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), "bia-plane-shared-"));
  const context = join(shared, "context");
  mkdirSync(context);
  writeFileSync(join(context, "do.js"), PROGRAM);
  writeFileSync(join(context, "start.sh"), "#!/bin/sh\necho starting $1\nexec node do.js serve\n", { mode: 0o755 });
  const dockerfile =
    'FROM node:24\nWORKDIR /app\nCOPY do.js start.sh ./\nENV FROM_IMAGE=yes\nCMD ["node", "do.js", "sleep"]\n';
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  images = await openImages(join(shared, "images"));
  await images.build({ context: folderContext(context), tags: ["app"] });
  writeFileSync(join(context, "Dockerfile"), `${dockerfile}ENV PORT=8080\nEXPOSE 8080\n`);
  await images.build({ context: folderContext(context), tags: ["web"] });
  await images.pull("postgres:16");
});

afterAll(async () => {
  rmSync(shared, { recursive: true, force: true });
});

let home: string;
let engine: ContainerEngine;

const open = (options: Partial<EngineOptions> = {}) =>
  openContainers({ folder: join(home, "engine"), cache: join(shared, "cache"), images, ...options });

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-plane-container-"));
  engine = await open();
});

afterEach(async () => {
  for (const { id } of engine.list({ all: true })) await engine.remove(id, { force: true });
  for (const { name } of engine.volumes()) await engine.removeVolume(name);
  await engine.stopAll();
  rmSync(home, { recursive: true, force: true });
});

/** Creates and starts a container whose program does something. */
async function run(what: string, spec: Partial<ContainerSpec> = {}): Promise<Container> {
  const { id } = await engine.create({ image: "app", command: ["node", "do.js", ...what.split(" ")], ...spec });
  await engine.start(id);
  return now(id);
}

function now(id: string): Container {
  const found = engine.find(id);
  if (!found) throw new Error(`${id} is gone`);
  return found;
}

/** Waits until it has written a line. */
async function wrote(id: string, text: string | RegExp): Promise<string> {
  for await (const line of engine.logs(id, { follow: true })) if (line.text.match(text)) return line.text;
  throw new Error(`${id} ended without writing ${text}`);
}

async function logOf(id: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of engine.logs(id)) lines.push(text);
  return lines;
}

async function exec(id: string, ...argv: string[]): Promise<{ code: number; output: string }> {
  let output = "";
  const onOutput = (chunk: string) => {
    output += chunk;
  };
  return { code: await engine.exec(id, { argv, onOutput }), output };
}

const localPort = ({ ports }: Container) => ports[0]?.localPort ?? 0;
const get = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } }).then((one) => one.text());
const taken = () =>
  new Promise<{ port: number; close: () => void }>((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () =>
      done({ port: (server.address() as AddressInfo).port, close: () => server.close() }),
    );
  });

function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

describe("a container", () => {
  it("runs the image's command, in the image's folder, with the image's environment", async () => {
    const { id, argv, state } = await run("", {
      command: ["node", "-p", "process.cwd() + ' ' + process.env.FROM_IMAGE"],
    });
    expect(argv).toEqual(["docker-entrypoint.sh", "node", "-p", "process.cwd() + ' ' + process.env.FROM_IMAGE"]);
    expect(state.status).toBe("running");
    expect(await engine.wait(id)).toBe(0);
    expect(await logOf(id)).toEqual([expect.stringMatching(/[\\/]app yes$/)]);
  });

  it("gets the environment exactly as it is given", async () => {
    const env = { A: "um 'dois' \"três\" $HOME", EMPTY: "", FROM_IMAGE: "no", PORT: "1234" };
    const { id } = await run("env", { env, hostname: "maquina" });
    await engine.wait(id);
    const seen = JSON.parse((await logOf(id))[0] ?? "") as Record<string, string>;
    expect(seen).toMatchObject({ ...env, HOSTNAME: "maquina", NODE_VERSION: process.versions.node });
    const added = ["HOME", "HOSTNAME", "NODE_OPTIONS", "NODE_VERSION", "PATH", "TMPDIR", "npm_config_prefix"];
    expect(Object.keys(seen).sort()).toEqual([...Object.keys(env), ...added].sort());
    expect(seen.HOME).toContain(home);
  });

  it("has the image's HOSTNAME where the image sets one, as servers take it for the address to listen on", async () => {
    const folder = join(home, "everywhere");
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), "FROM app\nENV HOSTNAME=0.0.0.0\n");
    await images.build({ context: folderContext(folder), tags: ["everywhere"] });
    const { id } = await run("env", { image: "everywhere", hostname: "maquina" });
    await engine.wait(id);
    expect(JSON.parse((await logOf(id))[0] ?? "")).toMatchObject({ HOSTNAME: "0.0.0.0" });
  });

  it("keeps secrets of its environment out of process arguments and of files that others can read", async () => {
    const { id } = await run("sleep", { env: { DB_PWD: "s3gredo" } });
    expect(spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout).not.toContain("s3gredo");
    const folder = join(home, "engine");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
    const holding = files.filter((file) => statSync(file).isFile() && readFileSync(file, "utf8").includes("s3gredo"));
    expect(holding).toEqual([join(folder, "containers", id, "container.json")]);
    expect(statSync(holding[0] ?? "").mode & 0o077).toBe(0);
  });

  describe("and its ports", () => {
    it("is told its local port as PORT and answers there", async () => {
      const { port, close } = await taken();
      close();
      const container = await run("serve oi", { image: "web", ports: [{ containerPort: 8080, hostPort: port }] });
      await wrote(container.id, "ready");
      expect(container.ports).toEqual([{ containerPort: 8080, hostPort: port, localPort: port }]);
      expect(await get(port)).toBe("oi");
      expect((await exec(container.id, "printenv", "PORT")).output).toBe(`${port}\n`);
    });

    it("is led to the local port when it listens on the container's port itself", async () => {
      const container = await run("listen 8080 oi", { image: "web", ports: [{ containerPort: 8080, hostPort: 0 }] });
      await wrote(container.id, "ready on 8080");
      expect(await get(localPort(container))).toBe("oi");
      expect((await exec(container.id, "node", "do.js", "get", "http://localhost:8080")).output).toBe("oi\n");
    });

    it("keeps for itself what it listens on its loopback interface for", async () => {
      const at = { ports: [{ containerPort: 8080, hostPort: 0 }], networks: [{ name: "rede" }] };
      await engine.createNetwork("rede");
      const { id, ports, address } = await run("listen 8080 oi localhost", { image: "web", ...at });
      const other = await run("sleep", { networks: at.networks });
      await wrote(id, "ready");
      await vi.waitFor(
        async () => expect((await exec(id, "node", "do.js", "get", "http://localhost:8080")).output).toBe("oi\n"),
        20_000,
      );
      await expect(get(ports[0]?.localPort ?? 0)).rejects.toThrow("fetch failed");
      expect(await exec(other.id, "node", "do.js", "get", `http://${address}:8080`)).toEqual({
        code: 1,
        output: "ECONNREFUSED\n",
      });
    });

    it.each(["localhost", "0.0.0.0"])("may look first whether a port of %s is free, as Vite does", async (host) => {
      const { id } = await run(`probe 5173 ${host}`);
      await wrote(id, "ready");
      await vi.waitFor(
        async () => expect((await exec(id, "node", "do.js", "get", "http://localhost:5173")).output).toBe("oi\n"),
        20_000,
      );
    });

    it("does not answer on its loopback interface when it listens on its own address", async () => {
      const container = await run("listen 8080 oi maquina", { image: "web", hostname: "maquina" });
      await wrote(container.id, "ready");
      expect(await get(localPort(container))).toBe("oi");
      await vi.waitFor(
        async () =>
          expect((await exec(container.id, "node", "do.js", "get", "http://localhost:8080")).output).toBe(
            "ECONNREFUSED\n",
          ),
        20_000,
      );
    });

    it("listens on 127.0.0.1 alone, whatever it asks for", async () => {
      const container = await run("serve", { ports: [{ containerPort: 80, hostPort: 0 }] });
      await wrote(container.id, "ready");
      const listening = spawnSync("ss", ["-ltn"], { encoding: "utf8" }).stdout;
      if (listening)
        expect(listening.match(new RegExp(`\\S+:${localPort(container)} `))?.[0]).toBe(
          `127.0.0.1:${localPort(container)} `,
        );
      await expect(fetch(`http://[::1]:${localPort(container)}`)).rejects.toThrow();
    });

    it("says in docker's words that a port is taken, and starts when it is free", async () => {
      const { port, close } = await taken();
      const { id } = await engine.create({ name: "bia", image: "app", ports: [{ containerPort: 80, hostPort: port }] });
      await expect(engine.start(id)).rejects.toMatchObject({
        code: "port-taken",
        message: `driver failed programming external connectivity on endpoint bia: Bind for 0.0.0.0:${port} failed: port is already allocated`,
      });
      expect(now(id).state).toMatchObject({ status: "exited", exitCode: 128 });
      close();
      await engine.start(id);
      expect(now(id).state.status).toBe("running");
    });

    it("can be served on another port of this computer than the machine's", async () => {
      await engine.stopAll();
      const { port, close } = await taken();
      close();
      engine = await open({ localPort: (hostPort) => (hostPort === 80 ? port : hostPort) });
      const container = await run("serve oi", { ports: [{ containerPort: 3000, hostPort: 80 }] });
      await wrote(container.id, "ready");
      expect(container.ports).toEqual([{ containerPort: 3000, hostPort: 80, localPort: port }]);
      expect(await get(port)).toBe("oi");
    });
  });

  describe("in a network", () => {
    beforeEach(async () => {
      await engine.createNetwork("rede");
    });
    const inNetwork = (...aliases: string[]) => ({ networks: [{ name: "rede", aliases }] });

    it("reaches the others by name, alias and address at the ports that they think they have", async () => {
      const web = await run("listen 8080 oi", { image: "web", name: "bia", ...inNetwork("server") });
      await wrote(web.id, "ready");
      const { id } = await run("sleep", inNetwork());
      for (const host of ["bia", "server", "SERVER", web.address]) {
        expect(await exec(id, "node", "do.js", "get", `http://${host}:8080`), host).toEqual({
          code: 0,
          output: "oi\n",
        });
      }
      expect((await exec(id, "node", "do.js", "resolve", "server")).output).toBe(`${web.address}\n`);
    });

    it("reaches a port of another that is neither published nor exposed", async () => {
      const other = await run("listen 7777 oi", inNetwork("outro"));
      await wrote(other.id, "ready");
      const { id } = await run("sleep", inNetwork());
      await vi.waitFor(
        async () => expect((await exec(id, "node", "do.js", "get", "http://outro:7777")).output).toBe("oi\n"),
        20_000,
      );
    });

    it("is refused at a port of another that nothing listens on, though this computer has it", async () => {
      const { port, close } = await taken();
      await run("sleep", inNetwork("outro"));
      const { id } = await run("sleep", inNetwork());
      expect(await exec(id, "node", "do.js", "get", `http://outro:${port}`)).toEqual({
        code: 1,
        output: "ECONNREFUSED\n",
      });
      close();
    });

    it("does not know the names of another network", async () => {
      await engine.createNetwork("outra");
      await run("sleep", { networks: [{ name: "outra", aliases: ["server"] }] });
      const { id } = await run("sleep", inNetwork());
      expect((await exec(id, "node", "do.js", "get", "http://server.invalid:80")).code).toBe(1);
      expect((await exec(id, "node", "do.js", "resolve", "server")).code).not.toBe(0);
    });

    it("lets two listen on the same port", async () => {
      const one = await run("listen 3000 um", inNetwork("um"));
      const two = await run("listen 3000 dois", inNetwork("dois"));
      await Promise.all([wrote(one.id, "ready"), wrote(two.id, "ready")]);
      await vi.waitFor(
        async () => expect((await exec(one.id, "node", "do.js", "get", "http://dois:3000")).output).toBe("dois\n"),
        20_000,
      );
    });

    it("finds one that was started again", async () => {
      const web = await run("listen 8080 oi", { image: "web", ...inNetwork("server") });
      const { id } = await run("sleep", inNetwork());
      await engine.restart(web.id, { timeoutSeconds: 1 });
      await vi.waitFor(
        async () => expect((await exec(id, "node", "do.js", "get", "http://server:8080")).output).toBe("oi\n"),
        20_000,
      );
    });
  });

  describe("stops", () => {
    it("at SIGTERM, with the exit code that it chooses", async () => {
      const { id } = await run("graceful", { ports: [{ containerPort: 80, hostPort: 0 }] });
      await wrote(id, "ready");
      await engine.stop(id);
      expect(now(id).state).toMatchObject({ status: "exited", exitCode: 0, oomKilled: false, error: "" });
      expect((await logOf(id)).at(-1)).toBe("bye");
      expect(now(id).ports).toEqual([{ containerPort: 80 }]);
    });

    it("at SIGKILL when the stop timeout is over", async () => {
      const { id } = await run("stubborn");
      await wrote(id, "ready");
      await engine.stop(id, { timeoutSeconds: 0.2 });
      expect(now(id).state.exitCode).toBe(137);
      expect(await logOf(id)).toEqual(["ready", "no"]);
    });

    it("with 143 when it does not listen to SIGTERM", async () => {
      const { id } = await run("sleep");
      await engine.stop(id);
      expect(now(id).state.exitCode).toBe(143);
    });

    it("with everything that it started", async () => {
      const { id } = await run("family");
      const pids = (await wrote(id, /^\d+ \d+$/)).split(" ").map(Number);
      expect(pids.map(isAlive)).toEqual([true, true]);
      await engine.stop(id);
      await vi.waitFor(() => expect(pids.map(isAlive)).toEqual([false, false]), 20_000);
    });

    it("when npm started it", async () => {
      const image = "app";
      const { id } = await run("", {
        image,
        command: ["npm", "exec", "--offline", "-c", "node do.js graceful"],
        ports: [{ containerPort: 80, hostPort: 0 }],
      });
      await wrote(id, "ready");
      const port = localPort(now(id));
      await engine.stop(id, { timeoutSeconds: 5 });
      await expect(get(port)).rejects.toThrow();
    });
  });

  describe("that ends by itself", () => {
    it.each([
      ["exit 0", 0],
      ["exit 3", 3],
      ["crash", 1],
    ])("is seen to: %s", async (what, code) => {
      const { id } = await run(what);
      expect(await engine.wait(id)).toBe(code);
      expect(now(id).state).toMatchObject({ status: "exited", exitCode: code, finishedAt: expect.any(String) });
      expect(now(id).state.pid).toBeUndefined();
    });

    it("is removed if it was made to be", async () => {
      const { id } = await run("exit 0", { autoRemove: true });
      await engine.until(id, () => false);
      expect(engine.find(id)).toBeUndefined();
      await vi.waitFor(() => expect(existsSync(join(home, "engine", "containers", id))).toBe(false), 20_000);
    });
  });

  it("that holds more memory than it may is killed, though it never rests", async () => {
    const { id } = await run("grow", { memory: 200e6 });
    expect(await engine.wait(id)).toBe(137);
    expect(now(id).state).toMatchObject({ oomKilled: true, exitCode: 137 });
  });

  it("within its memory is left alone", async () => {
    const { id } = await run("serve", { memory: 400e6, ports: [{ containerPort: 80, hostPort: 0 }] });
    await wrote(id, "ready");
    expect(await get(localPort(now(id)))).toBe("hello");
    await engine.stop(id);
    expect(now(id).state.oomKilled).toBe(false);
  });

  describe("that cannot be started says why", () => {
    it.each([
      [["nada"], "not-found", 127, 'exec: "nada": executable file not found in $PATH'],
      [["/app/nada"], "not-found", 127, "stat /app/nada: no such file or directory"],
      [["./do.js"], "not-executable", 126, 'exec: "./do.js": permission denied'],
    ])("%j", async (entrypoint, code, exitCode, why) => {
      const { id } = await engine.create({ image: "app", entrypoint });
      await expect(engine.start(id)).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
      expect(now(id).state).toMatchObject({ status: "exited", exitCode, error: expect.stringContaining(why) });
    });

    it("of what docker takes for an argument of node, node does", async () => {
      const { id } = await run("", { command: ["nada.js"] });
      expect(await engine.wait(id)).toBe(1);
      expect((await logOf(id)).join("\n")).toContain("Cannot find module");
    });
  });

  it("runs shell scripts that end in a program", async () => {
    const command = ["sh", "-c", "echo um && node -p 1+1 && node do.js graceful"];
    const { id } = await run("", { command, ports: [{ containerPort: 80, hostPort: 0 }] });
    await wrote(id, "ready");
    expect(await logOf(id)).toEqual(["um", "2", "ready"]);
    await engine.stop(id, { timeoutSeconds: 5 });
    expect((await logOf(id)).at(-1)).toBe("bye");
  });

  it("runs a script of the image by its path", async () => {
    const { id } = await run("", {
      entrypoint: ["./start.sh"],
      command: ["x"],
      ports: [{ containerPort: 80, hostPort: 0 }],
    });
    await wrote(id, "ready");
    expect(await logOf(id)).toEqual(["starting x", "ready"]);
  });

  describe("is restarted", () => {
    it("as often as on-failure says, with growing pauses", async () => {
      const { id } = await run("exit 1", { restart: { name: "on-failure", maximumRetryCount: 2 } });
      const seen: string[] = [];
      engine.onChange((one) => one.state.status !== seen.at(-1) && seen.push(one.state.status));
      await engine.until(id, ({ state, restartCount }) => state.status === "exited" && restartCount === 2);
      expect(seen.filter((status) => status === "restarting")).toHaveLength(2);
    });

    it("not after success where only failure counts", async () => {
      const { id } = await run("exit 0", { restart: { name: "on-failure" } });
      await engine.wait(id);
      expect(now(id).restartCount).toBe(0);
    });

    it("always, until somebody stops it", async () => {
      const { id } = await run("exit 0", { restart: { name: "always" } });
      await engine.until(id, ({ restartCount }) => restartCount >= 2);
      await engine.stop(id);
      expect(now(id).state.status).toBe("exited");
      const { restartCount } = now(id);
      await new Promise((done) => setTimeout(done, 1_000));
      expect(now(id)).toMatchObject({ restartCount, state: { status: "exited" } });
    });

    it("when its process is killed from outside", async () => {
      const { id, state } = await run("sleep", { restart: { name: "unless-stopped" } });
      process.kill(state.pid ?? 0, "SIGKILL");
      const again = await engine.until(
        id,
        ({ restartCount, state }) => restartCount === 1 && state.status === "running",
      );
      expect(again?.state.pid).not.toBe(state.pid);
    });
  });

  describe("health checks", () => {
    const quick = { Interval: 50e6, StartInterval: 50e6, Timeout: 5e9, Retries: 2 };

    it("make it healthy, and unhealthy after so many failures", async () => {
      const check = { ...quick, Test: ["CMD-SHELL", "test ! -f sick"] };
      const { id, state } = await run("sleep", { healthcheck: check });
      expect(state.health?.status).toBe("starting");
      await engine.until(id, ({ state }) => state.health?.status === "healthy");
      await exec(id, "touch", "sick");
      const sick = await engine.until(id, ({ state }) => state.health?.status === "unhealthy");
      expect(sick?.state.health?.failingStreak).toBe(2);
      expect(sick?.state.status).toBe("running");
    });

    it("keep what a failing command said", async () => {
      const check = { ...quick, Test: ["CMD", "node", "-e", "console.error('doente'); process.exit(4)"] };
      const { id } = await run("sleep", { healthcheck: check });
      const sick = await engine.until(id, ({ state }) => state.health?.status === "unhealthy");
      expect(sick?.state.health?.log.at(-1)).toMatchObject({ exitCode: 4, output: "doente\n" });
    });

    it("do not count failures while it starts", async () => {
      const check = { ...quick, StartPeriod: 60e9, Test: ["CMD-SHELL", "exit 1"] };
      const { id } = await run("sleep", { healthcheck: check });
      const later = await engine.until(id, ({ state }) => (state.health?.log.length ?? 0) >= 4);
      expect(later?.state.health).toMatchObject({ status: "starting", failingStreak: 0 });
    });

    it("that hang are ended at their timeout", async () => {
      const check = { ...quick, Timeout: 300e6, Retries: 1, Test: ["CMD", "node", "do.js", "busy"] };
      const { id } = await run("sleep", { healthcheck: check });
      const sick = await engine.until(id, ({ state }) => state.health?.status === "unhealthy");
      expect(sick?.state.health?.log[0]).toMatchObject({
        exitCode: -1,
        output: "Health check exceeded timeout (0.3s)",
      });
    });
  });

  describe("logs", () => {
    it("say what was written where, in order", async () => {
      const { id } = await run("", {
        command: ["node", "-e", "console.log('um'); setTimeout(() => console.error('dois'), 100)"],
      });
      await engine.wait(id);
      const lines = [];
      for await (const { stream, text } of engine.logs(id)) lines.push([stream, text]);
      expect(lines).toEqual([
        ["stdout", "um"],
        ["stderr", "dois"],
      ]);
    });

    it("are followed without a gap or a repetition", async () => {
      const { id } = await run("chatter");
      await wrote(id, "line 20");
      const numbers: number[] = [];
      for await (const { text } of engine.logs(id, { follow: true })) {
        numbers.push(Number(text.slice(5)));
        if (numbers.length === 100) break;
      }
      expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => n));
    });

    it("end when the container does, and can be cut to the last lines", async () => {
      const { id } = await run("", { command: ["sh", "-c", "for i in 1 2 3 4; do echo $i; done; printf half"] });
      const followed: string[] = [];
      for await (const { text } of engine.logs(id, { follow: true, tail: 2 })) followed.push(text);
      expect((await logOf(id)).at(-1)).toBe("half");
      expect(followed.at(-1)).toBe("half");
    });

    it("go on over a restart and stay until it is removed", async () => {
      const { id } = await run("", { command: ["echo", "oi"] });
      await engine.wait(id);
      await engine.start(id);
      await engine.wait(id);
      await engine.stopAll();
      engine = await open();
      expect(await logOf(id)).toEqual(["oi", "oi"]);
    });
  });

  describe("exec", () => {
    it("runs commands in its folder with its environment", async () => {
      const { id } = await run("sleep", { env: { WHO: "bia" } });
      const listed = (await exec(id, "env")).output;
      expect(listed).toMatch(/^WHO=bia$/m);
      expect(listed).not.toMatch(/^(SHELLOPTS|BASHOPTS|IFS|OSTYPE)=/m);
      expect((await exec(id, "env", "WHO=you", "printenv", "WHO")).output).toBe("you\n");
      expect((await exec(id, "sh", "-c", 'touch kept; rm -rf "$UNSET"; ls kept; rm kept')).output).toBe("kept\n");
      expect(await exec(id, "bash", "-c", "echo $WHO; pwd; node -p process.env.WHO")).toEqual({
        code: 0,
        output: "bia\n/app\nbia\n",
      });
      expect((await exec(id, "ls")).output).toBe("do.js\nstart.sh\n");
      expect((await exec(id, "sh", "-c", "exit 7")).code).toBe(7);
      expect((await exec(id, "cat", "/etc/hostname-of-this-computer")).code).toBe(1);
    });

    it("takes variables and a folder of its own", async () => {
      const { id } = await run("sleep");
      let output = "";
      const onOutput = (chunk: string) => {
        output += chunk;
      };
      await engine.exec(id, { argv: ["sh", "-c", "echo $X $PWD"], env: { X: "1" }, workingDir: "/tmp", onOutput });
      expect(output).toBe("1 /tmp\n");
    });

    it("can be cancelled", async () => {
      const { id } = await run("sleep");
      const stop = new AbortController();
      const done = engine.exec(id, {
        argv: ["node", "do.js", "busy"],
        onOutput: () => stop.abort(),
        signal: stop.signal,
      });
      expect(await done).toBe(137);
    });

    it("says what it cannot run, and that a stopped container runs nothing", async () => {
      const { id } = await run("sleep");
      await expect(exec(id, "nada")).rejects.toMatchObject({
        code: "not-found",
        message: expect.stringContaining('"nada"'),
      });
      await engine.stop(id);
      await expect(exec(id, "ls")).rejects.toMatchObject({
        code: "not-running",
        message: `container ${id} is not running`,
      });
    });
  });
});

describe("an engine", () => {
  it("finds containers by name, id and the beginning of an id, and tells what is wrong", async () => {
    const { id, name } = await run("sleep", { name: "bia" });
    expect([engine.find(name)?.id, engine.find(id)?.id, engine.find(id.slice(0, 12))?.id]).toEqual([id, id, id]);
    expect(engine.list().map((one) => one.name)).toEqual(["bia"]);
    const failures: [() => Promise<unknown>, string][] = [
      [() => engine.start("outro"), "no-such-container"],
      [() => engine.create({ image: "app", name: "bia" }), "name-taken"],
      [() => engine.create({ image: "nada" }), "no-such-image"],
      [() => engine.create({ image: "app", networks: [{ name: "x" }] }), "no-such-network"],
      [() => engine.create({ image: "app", name: "a b" }), "refused"],
      [() => engine.remove("bia"), "running"],
      [() => engine.removeVolume("x"), "no-such-volume"],
      [() => engine.removeNetwork("x"), "no-such-network"],
    ];
    for (const [act, code] of failures) {
      const error = await act().catch((one: unknown) => one);
      expect(error).toBeInstanceOf(ContainerError);
      expect((error as ContainerError).code).toBe(code);
    }
  });

  it("keeps what is in a volume when its container goes, and not what is in the container", async () => {
    const volumes = [{ name: "dados", target: "/data" }];
    const first = await run("", { command: ["sh", "-c", "echo volume > /data/x; echo container > /y"], volumes });
    await engine.wait(first.id);
    await expect(engine.removeVolume("dados")).rejects.toMatchObject({ code: "in-use" });
    await engine.remove(first.id);
    const second = await run("", { command: ["sh", "-c", "cat /data/x; cat /y"], volumes });
    expect(await engine.wait(second.id)).toBe(1);
    expect((await logOf(second.id))[0]).toBe("volume");
  });

  it("leaves nothing on disk of what it removed", async () => {
    const { id } = await run("sleep", { volumes: [{ name: "dados", target: "/data" }] });
    await engine.remove(id, { force: true });
    await engine.removeVolume("dados");
    expect(readdirSync(join(home, "engine", "containers"))).toEqual([]);
    expect(readdirSync(join(home, "engine", "volumes"))).toEqual([]);
  });

  it("works in a folder whose name has spaces, quotes and accents", async () => {
    await engine.stopAll();
    const folder = join(home, 'José\'s "máquina"');
    engine = await open({ folder });
    onTestFinished(() => removeContainers(folder));
    const { id } = await run("", { command: ["sh", "-c", "npm --version && node do.js env"] });
    expect(await engine.wait(id)).toBe(0);
    expect(JSON.parse((await logOf(id)).at(-1) ?? "")).toMatchObject({ FROM_IMAGE: "yes" });
  });

  it("keeps its programs from taking a package.json of this computer for theirs", async () => {
    writeFileSync(join(home, "package.json"), '{"type":"module"}');
    const { id } = await run("env");
    expect(await engine.wait(id)).toBe(0);
  });

  it("ends all its processes, and runs again what ran when it is opened again", async () => {
    const specs = { kept: "unless-stopped", always: "always", stopped: "unless-stopped", once: "no" } as const;
    for (const [name, policy] of Object.entries(specs)) await run("sleep", { name, restart: { name: policy } });
    await engine.stop("stopped");
    const pids = engine.list().map(({ state }) => state.pid ?? 0);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await engine.stopAll();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    engine = await open();
    expect(engine.list()).toEqual([]);
    await engine.resume();
    expect(
      engine
        .list()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["always", "kept"]);
  });

  describe("that was killed", () => {
    /** An engine in a process of its own, which is killed when all its containers run. */
    async function crash(specs: readonly ContainerSpec[]): Promise<{ pids: number[] }> {
      await engine.stopAll();
      const plane = join(import.meta.dirname, "../../../src/sandbox/plane");
      const options = { folder: join(home, "engine"), cache: join(shared, "cache") };
      const script = `
        const { openContainers } = await import(${JSON.stringify(join(plane, "container/engine.ts"))});
        const { openImages } = await import(${JSON.stringify(join(plane, "image/store.ts"))});
        const images = await openImages(${JSON.stringify(images.folder)});
        const engine = await openContainers({ ...${JSON.stringify(options)}, images });
        await engine.createNetwork("rede");
        for (const spec of ${JSON.stringify(specs)}) await engine.start((await engine.create(spec)).id);
        const wrote = async (id) => { for await (const line of engine.logs(id, { follow: true })) return line.text; };
        const texts = await Promise.all(engine.list().map(({ id }) => wrote(id)));
        const pids = texts.flatMap((text) => text.split(" ").map(Number)).filter(Boolean);
        console.log(JSON.stringify([...pids, ...engine.list().map(({ state }) => state.pid)]));`;
      const daemon: ChildProcess = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const pids = JSON.parse(
        await new Promise<string>((done, fail) => {
          daemon.stdout?.once("data", (data) => done(String(data)));
          daemon.once("exit", (code) => fail(new Error(`the engine's process ended with ${code}`)));
        }),
      ) as number[];
      const gone = new Promise((done) => daemon.once("exit", done));
      daemon.kill("SIGKILL");
      await gone;
      return { pids };
    }

    const doing = (...what: string[]) => ({ image: "app", command: ["node", "do.js", ...what] });

    it("leaves no process behind, not even busy ones and grandchildren", async () => {
      const { pids } = await crash([
        doing("busy"),
        doing("family"),
        { ...doing("stubborn"), restart: { name: "always" } },
      ]);
      expect(pids).toHaveLength(5);
      await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 20_000);
      engine = await open();
    });

    it("knows its containers when it is opened again, and starts what shall run", async () => {
      await crash([
        { ...doing("stubborn"), name: "bia", restart: { name: "unless-stopped" } },
        { ...doing("stubborn"), name: "once" },
      ]);
      engine = await open();
      expect(now("once").state).toMatchObject({ status: "exited", exitCode: 255 });
      await engine.resume();
      expect(engine.list().map(({ name }) => name)).toEqual(["bia"]);
    });

    it("leaves no database running once it is opened again, and loses nothing", async () => {
      const database: ContainerSpec = {
        name: "database",
        image: "postgres:16",
        env: { POSTGRES_PASSWORD: "postgres" },
        ports: [{ containerPort: 5432, hostPort: 0 }],
        volumes: [{ name: "db", target: "/var/lib/postgresql/data" }],
      };
      const { pids } = await crash([database]);
      engine = await open();
      await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 20_000);
      await engine.start("database");
      expect(now("database").state.status).toBe("running");
    });
  });
});

describe("a container of postgres:16", () => {
  const env = { POSTGRES_USER: "ana", POSTGRES_PASSWORD: "s3gredo", POSTGRES_DB: "bia" };
  const volumes = [{ name: "db", target: "/var/lib/postgresql/data" }];
  const ports = [{ containerPort: 5432, hostPort: 0 }];

  async function start(spec: Partial<ContainerSpec> = {}): Promise<Container> {
    const { id } = await engine.create({ image: "postgres:16", env, ports, volumes, ...spec });
    await engine.start(id);
    return now(id);
  }

  async function ask(container: Container, sql: string): Promise<unknown[]> {
    const client = new pg.Client({
      host: "127.0.0.1",
      port: localPort(container),
      user: "ana",
      password: "s3gredo",
      database: "bia",
    });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
    } finally {
      await client.end();
    }
  }

  it("is a real PostgreSQL 16 with the user and database of its environment", async () => {
    const container = await start();
    expect(
      await ask(
        container,
        "select current_user, current_database(), current_setting('server_version_num')::int / 10000",
      ),
    ).toEqual(["ana", "bia", 16]);
    expect((await logOf(container.id)).join("\n")).toContain("database system is ready to accept connections");
  });

  it("has the settings of its command, and lets its user in without a password where that is wanted", async () => {
    const { id } = await start({
      env: { POSTGRES_HOST_AUTH_METHOD: "trust", POSTGRES_INITDB_ARGS: "--encoding=UTF8 --lc-collate=C" },
      command: ["postgres", "-c", "max_connections=42", "--log-statement=all"],
      volumes: [],
    });
    const client = new pg.Client({ host: "127.0.0.1", port: localPort(now(id)), user: "postgres" });
    await client.connect();
    const shown = await client.query({ text: "show max_connections", rowMode: "array" });
    await client.end();
    expect(shown.rows).toEqual([["42"]]);
  });

  it("keeps its data in the volume, over stop, removal and a new container", async () => {
    const first = await start();
    await ask(first, "create table tarefa as select 'estudar' as titulo");
    await engine.stop(first.id);
    expect(now(first.id).state).toMatchObject({ status: "exited", exitCode: 0, error: "" });
    await engine.remove(first.id);
    expect(await ask(await start(), "select titulo from tarefa")).toEqual(["estudar"]);
  });

  it("loses it with the volume", async () => {
    const first = await start();
    await ask(first, "create table tarefa ()");
    await engine.remove(first.id, { force: true });
    await engine.removeVolume("db");
    await expect(ask(await start(), "select * from tarefa")).rejects.toThrow("does not exist");
  });

  it("comes back after SIGKILL as its restart policy says, with everything that was committed", async () => {
    const first = await start({ restart: { name: "always" } });
    await ask(first, "create table tarefa as select 'estudar' as titulo");
    process.kill(first.state.pid ?? 0, "SIGKILL");
    const again = await engine.until(
      first.id,
      ({ restartCount, state }) => restartCount > 0 && state.status === "running",
    );
    expect(again && (await ask(again, "select titulo from tarefa"))).toEqual(["estudar"]);
  });

  it("answers pg_isready, also as a health check", async () => {
    const check = { Test: ["CMD-SHELL", "pg_isready -U ana -d bia"], Interval: 50e6 };
    const { id } = await start({ healthcheck: check });
    await engine.until(id, ({ state }) => state.health?.status === "healthy");
    expect(await exec(id, "pg_isready")).toEqual({
      code: 0,
      output: "/var/run/postgresql:5432 - accepting connections\n",
    });
  });

  it("fills a new database by the scripts that are mounted for it, and has psql", async () => {
    const scripts: Record<string, string> = {
      "2-data.sql": "INSERT INTO tarefa VALUES ('estudar');",
      "1-tables.sh":
        'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<EOF\nCREATE TABLE tarefa (titulo text);\nEOF\n',
      "3-fails.sql": "",
    };
    const list = () => [
      { path: "", type: "directory" as const, mode: 0o755, stamp: "", read: () => new Uint8Array() },
      ...Object.entries(scripts).map(([path, text]) => ({
        path,
        type: "file" as const,
        mode: 0o644,
        stamp: text,
        read: () => Buffer.from(text),
      })),
    ];
    await engine.stopAll();
    engine = await open({ files: { list, put: () => "", remove: () => {} } });
    const binds = [{ source: "/srv/sql", target: "/docker-entrypoint-initdb.d" }];
    const { id } = await start({ binds });
    expect(await exec(id, "psql", "-U", "ana", "-d", "bia", "-tAc", "select titulo from tarefa")).toEqual({
      code: 0,
      output: "estudar\n",
    });
    expect((await logOf(id)).join("\n")).toMatch(
      /running \S+\/1-tables.sh\nCREATE TABLE\n.*running \S+\/2-data.sql\nINSERT 0 1\n/s,
    );
    scripts["3-fails.sql"] = "nonsense;";
    const other = await start({ binds, volumes: [] });
    expect(await engine.wait(other.id)).toBe(3);
  });

  it("is reached by name from the containers of its network", async () => {
    await engine.createNetwork("rede");
    const networks = [{ name: "rede", aliases: ["database"] }];
    await start({ networks });
    const greeting =
      "const s = require('net').connect(5432, 'database', () => { console.log('connected'); s.destroy(); })";
    const { id } = await run("", { command: ["node", "-e", greeting], networks: [{ name: "rede" }] });
    await engine.wait(id);
    expect(await logOf(id)).toEqual(["connected"]);
    expect(now(id).state.exitCode).toBe(0);
  });

  it("refuses what is mounted where the image of version 18 keeps nothing any more, in its words", async () => {
    const context = join(home, "context");
    mkdirSync(context);
    writeFileSync(
      join(context, "Dockerfile"),
      "FROM postgres:16\nENV PG_MAJOR=18 PGDATA=/var/lib/postgresql/18/docker\n",
    );
    await images.build({ context: folderContext(context), tags: ["newer"] });
    const { id } = await engine.create({ image: "newer", env, volumes });
    await expect(engine.start(id)).rejects.toThrow("something is mounted at /var/lib/postgresql/data");
    expect(await logOf(id)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("in 18+, these Docker images"),
        expect.stringContaining("unused mount"),
      ]),
    );
  });

  it("says what is missing or not emulated", async () => {
    const { id } = await engine.create({ image: "postgres:16", ports });
    await expect(engine.start(id)).rejects.toThrow("set POSTGRES_PASSWORD");
    expect((await logOf(id))[0]).toBe("Error: Database is uninitialized and superuser password is not specified.");
    const secret = { POSTGRES_PASSWORD_FILE: "/run/secrets/none" };
    const absent = await engine.create({ image: "postgres:16", env: secret });
    await expect(engine.start(absent.id)).rejects.toThrow("/run/secrets/none: No such file or directory");
    const both = await engine.create({ image: "postgres:16", env: { ...env, ...secret } });
    await expect(engine.start(both.id)).rejects.toThrow("both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set");
    const refused = (spec: Partial<ContainerSpec>) => engine.create({ image: "postgres:16", env, ...spec });
    const failures: [Partial<ContainerSpec>, string][] = [
      [{ env: { POSTGRES_HOST_AUTH_METHOD: "ident" } }, "POSTGRES_HOST_AUTH_METHOD=ident is not emulated"],
      [
        { env: { POSTGRES_INITDB_ARGS: "--wal-segsize=64" } },
        'POSTGRES_INITDB_ARGS="--wal-segsize=64" is not emulated',
      ],
      [{ command: ["postgres", "-c", "archive_command=rm"] }, "the setting archive_command is not emulated"],
      [{ command: ["bash"] }, 'command "docker-entrypoint.sh bash" is not emulated'],
    ];
    for (const [spec, why] of failures) await expect(refused(spec)).rejects.toThrow(why);
  });
});
