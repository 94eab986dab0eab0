import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DockerHost } from "../../../src/sandbox/machine/docker/engine.ts";
import { Machine } from "../../../src/sandbox/machine/machine.ts";
import { openContainers } from "../../../src/sandbox/plane/container/engine.ts";
import { anyPort } from "../../../src/sandbox/plane/container/ports.ts";
import type { ContainerEngine } from "../../../src/sandbox/plane/container.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import { facts } from "../machine/workbench.ts";
import { patterns } from "./patterns.ts";

let home: string;
let machine: Machine;

/** A real engine behind the machine's docker; its ports are any free ones of this computer. */
function dockerHost(): DockerHost {
  let containers: ContainerEngine | undefined;
  return {
    async open(files) {
      const images = await openImages(join(home, "images"));
      const folders = { folder: join(home, "engine"), cache: join(home, "cache") };
      containers = await openContainers({ ...folders, images, files, localPort: () => anyPort() });
      const noRegistry = () => Promise.reject(new Error("no registry"));
      return {
        images,
        containers,
        registries: { has: () => false, login: noRegistry, push: noRegistry, pull: noRegistry },
      };
    },
    close: async () => containers?.stopAll(),
  };
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "bia-patterns-"));
  machine = Machine.create(facts, undefined, dockerHost());
  const folder = "/usr/local/lib/docker/cli-plugins";
  const url = "https://github.com/docker/compose/releases/download/v2.23.3/docker-compose-linux-x86_64";
  await machine.run(
    `dnf install -y docker && systemctl start docker
     mkdir -p ${folder} && curl -fsSL ${url} -o ${folder}/docker-compose && chmod +x ${folder}/docker-compose`,
  );
});

afterAll(async () => {
  await machine.powerOff();
  await rm(home, { recursive: true, force: true });
});

/** Runs docker compose in the app's folder. */
const compose = (command: string) => machine.run(`docker compose ${command}`, { cwd: "/srv/app" });

afterEach(async () => {
  await compose("down -v -t 0");
});

describe("an app comes up as it is and answers", () => {
  it.each(patterns.map((app) => [app.name, app] as const))("%s", async (_, { files, path = "/", answers }) => {
    await machine.run("rm -rf /srv/app; mkdir -p /srv/app");
    for (const [name, text] of Object.entries(files)) {
      await machine.run(`mkdir -p "$(dirname /srv/app/${name})"; cat > /srv/app/${name}`, { stdin: text });
    }
    const up = await compose("up -d --build");
    expect(up.exitCode, up.stderr.slice(-3000)).toBe(0);
    const ask = async () => (await machine.run(`curl -sS http://localhost:3000${path}`)).stdout;
    await expect
      .poll(ask, { timeout: 20_000, interval: 100 })
      .toBe(answers)
      .catch(async (error: Error) => {
        error.message += (await compose("logs")).stdout.slice(-2000);
        throw error;
      });
  });
});

it("shares the project's folder with a container in both directions, but for what is mounted for reading", async () => {
  const files = {
    "compose.yml":
      'services:\n  web:\n    build: .\n    ports: ["3000:3000"]\n    volumes: [".:/app", "./conf:/app/conf:ro"]\n',
    "conf/a": "a",
    "server.js": `const fs = require("fs");
      require("http").createServer((_, answer) => {
        fs.writeFileSync("asked", "by somebody");
        fs.promises.writeFile("conf/b", "b").catch((error) => answer.end(error.code + fs.readFileSync("conf/a") + fs.existsSync("made-there")));
      }).listen(process.env.PORT || 3000);\n`,
    Dockerfile: 'FROM node:22\nWORKDIR /app\nCMD ["node", "server.js"]\n',
  };
  await machine.run("rm -rf /srv/app; mkdir -p /srv/app/conf");
  for (const [name, text] of Object.entries(files)) await machine.run(`cat > /srv/app/${name}`, { stdin: text });
  const up = await compose("up -d --build");
  expect(up.exitCode, up.stderr.slice(-3000)).toBe(0);
  const answer = async () => (await machine.run("curl -sS http://localhost:3000")).stdout;
  await expect.poll(answer, { timeout: 20_000, interval: 100 }).toBe("EROFSafalse");
  await machine.run("echo y > /srv/app/made-there");
  await expect.poll(answer, { timeout: 20_000, interval: 100 }).toBe("EROFSatrue");
  expect((await machine.run("cat /srv/app/asked; ls /srv/app/conf")).stdout).toBe("by somebodya\n");
  const inside = await compose("exec -T web sh -c 'mkdir made; echo z > made/z; rm asked; echo c > conf/c'");
  expect(inside.stderr).toMatch(/read-only file system/);
  expect((await machine.run("cat made/z; ls asked", { cwd: "/srv/app" })).stdout).toBe("z\n");
});
