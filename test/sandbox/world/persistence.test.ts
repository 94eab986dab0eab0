import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { World, type WorldOptions } from "../../../src/sandbox/world/world.ts";
import { machineReady, outcome, send, until } from "../controllers/machines.ts";
import { clientsOf } from "../services/clients.ts";
import { createGroup, launch } from "../services/ec2/fixtures.ts";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "world-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(folder: string, options: WorldOptions = {}): Promise<World> {
  const world = await World.open({ folder, speed: "manual", ...options });
  onTestFinished(() => world.close());
  return world;
}

const here = (world: World) => world.region("us-east-1");
const names = (world: World) =>
  here(world)
    .ec2.securityGroups.all()
    .map(({ GroupName }) => GroupName);

test("a world that is closed and opened again is the same, dates included", async () => {
  const folder = await newFolder();
  const first = await opened(folder);
  const before = here(first).ec2.vpcs.all();
  here(first).ssm.agents.put({ InstanceId: "i-1", PingStatus: "Online", LastPingDateTime: new Date(1234) });
  await first.close();
  const second = await opened(folder);
  expect(here(second).ec2.vpcs.all()).toEqual(before);
  expect(here(second).ssm.agents.get("i-1")?.LastPingDateTime).toEqual(new Date(1234));
});

test("what was flushed survives the process without any farewell", async () => {
  const folder = await newFolder();
  const first = await opened(folder);
  here(first).ec2.securityGroups.delete(here(first).ec2.securityGroups.all()[0]?.GroupId ?? "");
  await first.flush();
  const second = await opened(folder);
  expect(names(second)).toEqual([]);
});

test("everything that was acknowledged before a SIGKILL is there afterwards", async () => {
  const folder = await newFolder();
  const script = fileURLToPath(new URL("./writer.ts", import.meta.url));
  const writer = spawn(process.execPath, ["--import", "tsx", script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(writer, "exit");
  let acknowledged = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 500) writer.kill("SIGKILL");
  }
  await exited;
  expect(acknowledged).toBeGreaterThanOrEqual(500);
  const world = await opened(folder);
  const kept = here(world).ssm.parameters.all().length;
  expect(kept).toBeGreaterThanOrEqual(acknowledged);
});

test("time does not go back, however the process ended and however fast its clock was", async () => {
  const folder = await newFolder();
  const first = await opened(folder);
  await first.clock.advance(3600_000);
  here(first);
  await first.flush();
  const second = await opened(folder);
  expect(second.now()).toEqual(first.now());
  const third = await opened(folder, { speed: 1 });
  expect(third.now().getTime()).toBeGreaterThanOrEqual(first.now().getTime());
});

test("a last line that was cut off is left out, and what comes after it is kept", async () => {
  const folder = await newFolder();
  await opened(folder).then((world) => {
    here(world);
    return world.flush();
  });
  const [journal = ""] = (await readdir(folder)).filter((name) => name.startsWith("journal-"));
  await appendFile(join(folder, journal), '{"table":"us-east-1/ec2.vpcs","key":"vpc-');
  const world = await opened(folder);
  expect(here(world).ec2.vpcs.all()).toHaveLength(1);
  here(world).ec2.vpcs.delete(here(world).ec2.vpcs.all()[0]?.VpcId ?? "");
  await world.flush();
  expect(here(await opened(folder)).ec2.vpcs.all()).toEqual([]);
});

test("a state that cannot be read is an error, and is left as it is", async () => {
  const folder = await newFolder();
  await writeFile(join(folder, "world.json"), "{ half");
  await expect(World.open({ folder })).rejects.toThrow();
  expect(await readFile(join(folder, "world.json"), "utf8")).toBe("{ half");
});

test.skipIf(process.platform === "win32")("nobody else may read the state", async () => {
  const folder = await newFolder();
  const world = await opened(folder);
  here(world);
  await world.flush();
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
});

test("a process that has lost the folder to another one writes nothing more", async () => {
  const folder = await newFolder();
  let mine = true;
  const world = await opened(folder, { mayWrite: () => mine, onDefect: () => {} });
  here(world);
  await world.flush();
  const contents = async () => Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  const before = await contents();
  mine = false;
  here(world).ec2.vpcs.delete(here(world).ec2.vpcs.all()[0]?.VpcId ?? "");
  await expect(world.flush()).rejects.toThrow(/belongs to another process/);
  expect(await contents()).toEqual(before);
});

test("an instance that was on its way goes on after a restart", async () => {
  const folder = await newFolder();
  const options: SandboxOptions = { folder, delays: "real" };
  const first = await clientsOf(options);
  await createGroup(first.ec2, "bia-dev");
  const id = await launch(first.ec2);
  await first.world.close();
  const second = await clientsOf(options);
  await second.world.clock.advance(60_000);
  expect(here(second.world).ec2.instances.get(id)?.State.Name).toBe("running");
});

test("a machine's disk survives, and a script that was cut off runs again from its beginning", async () => {
  const folder = await newFolder();
  const first = await machineReady({ folder });
  await outcome(first, await send(first, first.instanceId, "echo kept > /root/note"));
  const slow = await send(first, first.instanceId, [
    "echo again >> /root/log",
    "sleep 0.2",
    "cat /root/note /root/log",
  ]);
  const { invocations } = here(first.world).ssm;
  await until(first, () => invocations.get(`${slow}/${first.instanceId}`)?.Status === "InProgress");
  await first.world.flush();
  const second = { ...(await clientsOf({ folder })), instanceId: first.instanceId };
  expect(await outcome(second, slow)).toMatchObject({ Status: "Success", StandardOutputContent: "kept\nagain\n" });
});

test("what changes while a write fails is saved by the next one, and not undone by what that one had to write", async () => {
  const folder = await newFolder();
  let whileFull: (() => void) | undefined;
  const mayWrite = () => {
    whileFull?.();
    return true;
  };
  const first = await opened(folder, { mayWrite });
  const [{ GroupId } = { GroupId: "" }] = here(first).ec2.securityGroups.all();
  const call = (GroupName: string) =>
    here(first).ec2.securityGroups.update(GroupId ?? "", (draft) => {
      draft.GroupName = GroupName;
    });
  call("older");
  whileFull = () => {
    whileFull = undefined;
    call("newer");
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  await expect(first.flush()).rejects.toThrow("cannot save");
  await first.flush();
  expect(names(await opened(folder))).toEqual(["newer"]);
});
