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
