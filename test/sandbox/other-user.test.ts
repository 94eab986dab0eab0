import { execFile } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecord, type SandboxRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { bareEnvironment } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { pidsBelow } from "../support/listening.ts";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const MAIN = path.join(REPOSITORY, "dist/main.js");

/** Accounts that every Linux has: who has the sandbox, and who looks around. */
const OWNER = 1;
const OTHER = 2;

/** Prints which of the paths in a file it can read or list. */
const TRY = `const fs = require("node:fs");
const read = (path) => { try { fs.statSync(path).isDirectory() ? fs.readdirSync(path) : fs.readFileSync(path); return true } catch { return false } };
console.log(JSON.stringify(JSON.parse(fs.readFileSync(process.argv[1])).filter(read)));`;

const isPossible =
  process.platform === "linux" && process.getuid?.() === 0 && (await isOpenToAll(path.join(REPOSITORY, "dist")));
if (!isPossible) console.log("not tested: what other users of the computer can read of a sandbox, which takes root");

/** Whether all users can read what is in a folder. */
async function isOpenToAll(folder: string): Promise<boolean> {
  const open = ((await stat(folder)).mode & 0o005) === 0o005;
  return open && (folder === path.dirname(folder) || isOpenToAll(path.dirname(folder)));
}

describe.runIf(isPossible)("another user of the computer", { timeout: 180_000 }, () => {
  let folder: string;
  let record: SandboxRecord;
  let pids: number[];

  const bia = (...args: string[]) => as(OWNER, process.execPath, [MAIN, ...args]);
  async function as(uid: number, file: string, args: string[]): Promise<string> {
    const home = path.join(folder, "home");
    const env = bareEnvironment({ HOME: home, XDG_DATA_HOME: "", TMPDIR: tmpdir() });
    // As a login would have it, and the worst that there is: files are open unless the product closes them.
    const options = { uid, gid: uid, env, cwd: folder, maxBuffer: 64 * 1024 ** 2 };
    return (await promisify(execFile)("sh", ["-c", 'umask 000; exec "$@"', "sh", file, ...args], options)).stdout;
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "bia-users-"));
    chmodSync(folder, 0o755);
    const port = await freePort();
    const ingress = [{ port, cidr: "0.0.0.0/0" }];
    const app = { source: path.join(REPOSITORY, "test/support/tiny-app") };
    const variables = { app, devMachine: { appPort: port, securityGroup: { ingress } } };
    await mkdir(path.join(folder, "config"));
    await writeFile(path.join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
    await mkdir(path.join(folder, "home"), { mode: 0o755 });
    chownSync(path.join(folder, "home"), OWNER, OWNER);
    await bia("create", "--stage", "1");
    const database = "docker run -d --name db -e POSTGRES_PASSWORD=not-for-others postgres:16";
    await bia("ssh", "bia-dev", "--", database);
    record = (await readRecord(sandboxHome({ BIA_SANDBOX_HOME: sandboxFolder() }))) as SandboxRecord;
    pids = [record.pid ?? 0, ...(await pidsBelow(record.pid ?? 0))];
  });

  afterAll(async () => {
    await bia("sandbox", "stop").catch(() => {});
    await bia("sandbox", "reset").catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });

  const sandboxFolder = () => path.join(folder, "home", ".local", "share", "bia-infra", "sandbox");

  /** Paths of the sandbox wherever its owner has any: at home, and where temporary files are. */
  async function owned(): Promise<string[]> {
    const below = async (one: string) =>
      (await readdir(one, { recursive: true }).catch(() => [])).map((name) => path.join(one, name));
    const temporary = (await Promise.all([tmpdir(), "/var/tmp"].map(async (place) => below(place)))).flat();
    const theirs = await Promise.all(
      temporary.map(async (one) => ((await stat(one).catch(() => undefined))?.uid === OWNER ? [one] : [])),
    );
    const home = path.join(folder, "home");
    return [...new Set([sandboxFolder(), ...(await below(sandboxFolder())), ...theirs.flat()])].filter(
      (one) => one !== home && !/\/home\/(\.local(\/share(\/bia-infra)?)?|\.npm.*|\.cache.*)$/.test(one),
    );
  }

  it("can read and list nothing of a sandbox", async () => {
    const paths = await owned();
    expect(paths.length).toBeGreaterThan(500);
    const list = path.join(folder, "paths.json");
    await writeFile(list, JSON.stringify(paths), { mode: 0o644 });
    expect(JSON.parse(await as(OTHER, process.execPath, ["-e", TRY, list]))).toEqual([]);
  });

  it("sees no key and no password in what processes are started with", async () => {
    const list = path.join(folder, "environments.json");
    expect(pids.length).toBeGreaterThan(3);
    await writeFile(list, JSON.stringify(pids.flatMap((pid) => [`/proc/${pid}/environ`, `/proc/${pid}/fd`])));
    expect(JSON.parse(await as(OTHER, process.execPath, ["-e", TRY, list]))).toEqual([]);
    const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
    expect(commands.join("\n")).toContain("postgres");
    for (const secret of [record.secretAccessKey, record.accessKeyId, "not-for-others"])
      expect(commands.join("\n")).not.toContain(secret);
  });

  it("gets nothing done without the key", async () => {
    for (const name of ["status", "machines", "faults", "shutdown"]) {
      const answer = await fetch(`${record.endpoint}/_sandbox/${name}`, { method: "POST", body: "{}" });
      expect(answer.status).toBe(403);
    }
    const body = "Action=DescribeInstances&Version=2016-11-15";
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await fetch(record.endpoint, { method: "POST", headers, body })).status).toBeGreaterThanOrEqual(400);
  });
});
