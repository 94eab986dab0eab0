import { mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Disk } from "../../../src/sandbox/machine/disk.ts";
import { filesOf } from "../../../src/sandbox/machine/docker/machine-files.ts";
import { Mounted } from "../../../src/sandbox/plane/container/mounted.ts";
import type { ContainerRecord } from "../../../src/sandbox/plane/container/record.ts";
import { temporaryFolder } from "../../support/folder.ts";

/** A container whose image has /app with a file and packages, and a machine with the same app in /srv/app. */
async function mounting(spec: Partial<ContainerRecord["spec"]>) {
  const root = await temporaryFolder("bia-mounted-");
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("app/server.js", "image");
  write("app/only-in-image", "image");
  write("app/node_modules/express/index.js", "image");
  write("app/uploads/first", "image");
  const disk = new Disk();
  disk.write("/srv/app/server.js", "machine");
  disk.write("/srv/app/run.sh", "machine", { mode: 0o755 });
  disk.put("/srv/app/link", disk.newLink("run.sh"));
  disk.put("/srv/current", disk.newLink("app"));
  const container = {
    id: "one",
    spec: { image: "app", ...spec },
    image: { Volumes: {} },
  } as unknown as ContainerRecord;
  const mounted = new Mounted(filesOf(disk));
  const read = (path: string) => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return undefined;
    }
  };
  return { root, disk, container, mounted, read, write };
}

it("shows the machine's folder in the place of the image's, but for what a volume keeps", async () => {
  const { root, container, mounted, read } = await mounting({
    binds: [{ source: "/srv/current", target: "/app" }],
    anonymous: ["/app/node_modules"],
  });
  await mounted.prepare(container, root, []);
  expect(read("app/server.js")).toBe("machine");
  expect(read("app/only-in-image")).toBeUndefined();
  expect(read("app/node_modules/express/index.js")).toBe("image");
  expect(readlinkSync(join(root, "app/link"))).toBe("run.sh");
  expect(statSync(join(root, "app/run.sh")).mode & 0o777).toBe(0o755);
});

it("brings what changes on the machine, and leaves what the container has written", async () => {
  const { root, disk, container, mounted, read, write } = await mounting({
    binds: [{ source: "/srv/app", target: "/app" }],
  });
  await mounted.prepare(container, root, []);
  write("app/log", "container");
  disk.write("/srv/app/server.js", "changed");
  disk.remove("/srv/app/run.sh");
  await mounted.refresh(container, root);
  expect([read("app/server.js"), read("app/run.sh"), read("app/log")]).toEqual(["changed", undefined, "container"]);
});

it("mounts a file, and makes a folder of what is not there, as docker does", async () => {
  const { root, disk, container, mounted, read } = await mounting({
    binds: [
      { source: "/srv/app/run.sh", target: "/app/server.js" },
      { source: "/srv/none", target: "/none" },
    ],
  });
  await mounted.prepare(container, root, []);
  expect(read("app/server.js")).toBe("machine");
  expect(read("app/only-in-image")).toBe("image");
  expect(statSync(join(root, "none")).isDirectory()).toBe(true);
  expect(disk.at("/srv/none")?.kind).toBe("directory");
});

it("lets a new volume begin with what the image has in its place", async () => {
  const { root, container, mounted, read } = await mounting({});
  const folder = await temporaryFolder("bia-volume-");
  await mounted.prepare(container, root, [{ target: "/app/uploads", folder }]);
  expect(readFileSync(join(folder, "first"), "utf8")).toBe("image");
  writeFileSync(join(folder, "second"), "later");
  expect(read("app/uploads/second")).toBe("later");
});

it("brings what the container writes and deletes to the machine, but for its packages and what is for reading", async () => {
  const { root, disk, container, mounted, read, write } = await mounting({
    binds: [
      { source: "/srv/current", target: "/app" },
      { source: "/srv/app", target: "/read", readOnly: true },
    ],
  });
  await mounted.prepare(container, root, []);
  write("app/log/first", "container");
  write("app/server.js", "written");
  write("app/node_modules/left-pad/index.js", "container");
  write("read/other", "container");
  rmSync(join(root, "app/run.sh"));
  disk.write("/srv/app/meanwhile", "machine");
  await mounted.collect(container, root);
  await mounted.refresh(container, root);
  expect(disk.text("/srv/app/log/first")).toBe("container");
  expect(disk.text("/srv/app/server.js")).toBe("written");
  expect(disk.at("/srv/app/run.sh")).toBeUndefined();
  expect(disk.at("/srv/app/node_modules")).toBeUndefined();
  expect(disk.at("/srv/app/other")).toBeUndefined();
  expect([read("app/meanwhile"), read("app/node_modules/left-pad/index.js")]).toEqual(["machine", "container"]);
});

it("deletes nothing on the machine where the whole folder is gone in the container", async () => {
  const { root, disk, container, mounted } = await mounting({ binds: [{ source: "/srv/app", target: "/app" }] });
  await mounted.prepare(container, root, []);
  rmSync(join(root, "app"), { recursive: true });
  await mounted.collect(container, root);
  expect(disk.text("/srv/app/server.js")).toBe("machine");
});
