import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Engines } from "../../../src/sandbox/controllers/engines.ts";
import { HostNames } from "../../../src/sandbox/controllers/host-names.ts";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import { World } from "../../../src/sandbox/world/world.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { page, poll } from "./launched.ts";

const SERVER = `require("http").createServer((_, answer) => answer.end("here")).listen(8080);`;

test("a published port is reached on this computer, although no security group opens it, while its container runs", async () => {
  const folder = await temporaryFolder("bia-engines-");
  const world = await World.open({ speed: "manual" });
  onTestFinished(() => world.close());
  const engines = new Engines(world, { machines: join(folder, "machines") }, new HostNames());
  onTestFinished(() => engines.close());
  const region = world.region("us-east-1");
  const { images, containers } = await engines
    .of(region, "i-1")
    .open({ list: () => [], put: () => "", remove: () => {} });
  writeFileSync(join(folder, "server.js"), SERVER);
  writeFileSync(join(folder, "Dockerfile"), 'FROM node:24\nCOPY server.js .\nCMD ["node", "server.js"]\n');
  await images.build({ context: folderContext(folder), tags: ["server"] });
  const { id } = await containers.create({ image: "server", ports: [{ containerPort: 8080, hostPort: 32768 }] });
  expect(engines.reach(region, "i-1", 32768)).toBeUndefined();
  await containers.start(id);
  const { host, port } = engines.reach(region, "i-1", 32768) ?? {};
  expect(await poll(() => page(`http://${host}:${port}`))).toBe("here");
  expect(engines.reach(region, "i-2", 32768)).toBeUndefined();
  expect(engines.reach(world.region("us-west-2"), "i-1", 32768)).toBeUndefined();
  await containers.stop(id);
  await poll(async () => engines.reach(region, "i-1", 32768) === undefined || undefined);
});
