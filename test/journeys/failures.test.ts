import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";

/** What a person sees when the app cannot be brought up, and that correcting the cause and running the same command heals it. */
describe("the app cannot be brought up", { timeout: 120_000 }, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let port: number;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const create = () => bia("create", "--stage", "1");
  const file = (name: string) => path.join(folder, "app", name);
  /** What the app answers where the last create said that it is. */
  let url: string;
  const answer = async () => (await fetch(`${url}/api/versao`)).text();

  /** Changes a file of the app for as long as `act` takes. */
  async function whileChanged(name: string, change: (text: string) => string, act: () => Promise<void>): Promise<void> {
    const before = await readFile(file(name), "utf8");
    await writeFile(file(name), change(before));
    await act().finally(() => writeFile(file(name), before));
  }

  async function heals(): Promise<void> {
    const { code, stdout } = await create();
    expect(code).toBe(0);
    url = urlIn(stdout);
    expect(await answer()).toBe("Bia tiny");
  }

  beforeAll(async () => {
    ({ folder, env, port } = await newPlace());
  });

  afterAll(async () => {
    await bia("sandbox", "stop");
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(heals);

  it("because its Dockerfile is wrong: says where, and is built once that is corrected", async () => {
    const wrong = (text: string) => text.replace("EXPOSE", "EXPOZE");
    await whileChanged("Dockerfile", wrong, async () => {
      const { code, stderr } = await create();
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(/unknown instruction: EXPOZE/i);
      expect(stderr.trimEnd().split("\n").at(-1)).toContain("Correct the Dockerfile");
    });
    await heals();
  });

  it("because a step of its build fails: shows what the step said", async () => {
    const failing = (text: string) =>
      text.replace("RUN ", `RUN node -e "console.log('the very'.toUpperCase(), 'reason'); process.exit(3)" && `);
    await whileChanged("Dockerfile", failing, async () => {
      const { code, stderr } = await create();
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toContain("THE VERY reason");
      expect(stderr.trimEnd().split("\n").at(-1)).toContain("Correct the Dockerfile");
      expect(await answer()).toBe("Bia tiny");
    });
    await heals();
  });

  it("because it ends as soon as it starts: shows what it printed last", async () => {
    const crashing = (text: string) => `console.log("I cannot go on");\nprocess.exit(1);\n${text}`;
    await whileChanged("server.mjs", crashing, async () => {
      const { code, stderr } = await create();
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toContain("I cannot go on");
      expect(stderr).toContain(`does not answer on port ${port}`);
    });
    await heals();
  });

  it("because a migration fails: shows its words, and runs it once that is corrected", async () => {
    const failing = (text: string) =>
      `${text}\nconsole.error('ERROR: relation "x" does not exist');\nprocess.exit(1);\n`;
    await whileChanged(
      "sequelize.mjs",
      (text) => failing(text).replace('"db:migrate"', '"never"'),
      async () => {
        const { code, stderr } = await create();
        expect({ code, stderr }).toMatchObject({ code: 1 });
        expect(stderr).toContain('relation "x" does not exist');
        expect(stderr.trimEnd().split("\n").at(-1)).toContain("Correct the migration");
      },
    );
    await heals();
  });

  it("because its port is taken on this computer: names the port and what to do, and comes up once it is free", async () => {
    expect(await bia("dev", "down")).toMatchObject({ code: 0 });
    const other = createServer().listen(port, "0.0.0.0");
    await new Promise((resolve) => other.once("listening", resolve));
    const { code, stderr } = await create().finally(() => other.close());
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain(`:${port}`);
    expect(stderr.trimEnd().split("\n").at(-1)).toContain("The port is taken");
    await heals();
  });

  it("because its source is not there: says so before anything is changed", async () => {
    const config = path.join(folder, "elsewhere.json");
    await writeFile(config, JSON.stringify({ app: { source: "no-such-folder" } }));
    const { code, stderr } = await bia("plan", "--config", config);
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toContain(path.join(folder, "no-such-folder"));
    expect(stderr).toContain("Correct app.source");
  });
});

/** A folder with an app of its own and variables that name it, and an environment whose sandbox nobody has used. */
async function newPlace(): Promise<{ folder: string; env: NodeJS.ProcessEnv; port: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-failures-"));
  const port = await freePort();
  await cp(path.resolve(import.meta.dirname, "../support/tiny-app"), path.join(folder, "app"), { recursive: true });
  const ingress = `[{ port: ${port}, cidr: "0.0.0.0/0" }]`;
  const devMachine = `{ appPort: ${port}, securityGroup: { ingress: ${ingress} } }`;
  await mkdir(path.join(folder, "config"));
  const variables = `export default { app: { source: "../app" }, devMachine: ${devMachine} };\n`;
  await writeFile(path.join(folder, "config", "bia.ts"), variables);
  return { folder, port, env: bareEnvironment({ BIA_SANDBOX_HOME: path.join(folder, "home") }) };
}

describe("the disk is full", { timeout: 120_000 }, () => {
  /** A place whose sandbox has a disk of its own, of this size. Skips the test where nothing can be mounted. */
  async function placeOnDisk(size: string, skip: (note: string) => never) {
    const { folder, env } = await newPlace();
    const home = path.join(folder, "home");
    await mkdir(home);
    const mount = (options: string) => spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", home]);
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    if (mount(`size=${size},mode=0700`).status !== 0) skip("only root may mount a small disk, and only on Linux");
    onTestFinished(async () => {
      await runCli(["sandbox", "stop"], env, folder);
      // Lazily: the process that has just stopped may still be ending.
      spawnSync("umount", ["--lazy", home]);
    });
    const bia = (...args: string[]) => runCli(args, env, folder);
    return { folder, home, bia, enlarge: () => void mount("remount,size=200m") };
  }

  const create = ["create", "--stage", "1"];

  it("for what is built: says so, leaves what ran, and goes on once there is room", async ({ skip }) => {
    const { folder, home, bia } = await placeOnDisk("40m", skip);
    expect(await bia(...create)).toMatchObject({ code: 0 });
    const filler = path.join(home, "filler");
    await writeFile(filler, Buffer.alloc(20 << 20));
    const dockerfile = path.join(folder, "app", "Dockerfile");
    const writing = `RUN node -e "require('fs').writeFileSync('large', Buffer.alloc(30 << 20))" && rm large\n`;
    await writeFile(dockerfile, (await readFile(dockerfile, "utf8")).replace("EXPOSE", `${writing}EXPOSE`));

    const { code, stderr } = await bia(...create);
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toMatch(/no space left on device|ENOSPC/i);
    expect(stderr.trimEnd().split("\n").at(-1)).toContain("The disk is full");

    await rm(filler);
    const healed = await bia(...create);
    expect(healed).toMatchObject({ code: 0 });
    expect(await (await fetch(`${urlIn(healed.stdout)}/api/versao`)).text()).toBe("Bia tiny");
  });

  // Where exactly each of them fills up does not matter: at the start, and further and further into stage 1.
  it.for(["8k", "60k", "300k"])(
    "after %s: says so, loses nothing, and goes on once there is room",
    async (size, { skip }) => {
      const { home, bia, enlarge } = await placeOnDisk(size, skip);
      const { code, stderr } = await bia(...create);
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(/disk of .*home.* is full|no space left on device/);
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/Free some space|make room/);

      // It does not end while there is something that would be lost: it did not start on a disk without any room, and the
      // largest is full with what the app is made of, beside a state that is saved.
      const stopped = await bia("sandbox", "stop");
      if (size === "60k")
        expect(stopped).toMatchObject({ code: 1, stderr: expect.stringContaining("Free some space") });

      enlarge();
      const healed = await bia(...create);
      expect(healed).toMatchObject({ code: 0 });
      expect(await (await fetch(`${urlIn(healed.stdout)}/api/versao`)).text()).toBe("Bia tiny");

      const { pid } = JSON.parse(await readFile(path.join(home, "sandbox.json"), "utf8"));
      process.kill(pid, "SIGKILL");
      const plan = await bia("plan", "--stage", "1", "--json");
      const made = reportOf(plan).tasks.filter(({ id }) => !["dev-app", "dev-database"].includes(id));
      expect(new Set(made.map(({ verdict }) => verdict))).toEqual(new Set(["unchanged"]));
    },
  );
});

/** The app's URL, which a create ends with. */
function urlIn(stdout: string): string {
  return /^ {2}app +(\S+)$/m.exec(stdout)?.[1] ?? "";
}
