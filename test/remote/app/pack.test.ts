import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { Explained } from "../../../src/engine/errors.ts";
import { pack } from "../../../src/remote/app/pack.ts";
import { PART_BYTES, split } from "../../../src/remote/app/split.ts";

/** A folder with these files, by path. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-pack-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return folder;
}

interface Unpacked {
  readonly type: string;
  readonly mode: number;
  readonly content: string;
  readonly link: string | null | undefined;
}

async function unpack(tar: Buffer): Promise<Record<string, Unpacked>> {
  const found: Record<string, Unpacked> = {};
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    const { name, type, mode, linkname } = entry.header;
    let content = "";
    for await (const chunk of entry) content += chunk;
    found[name] = { type: type ?? "", mode: mode ?? 0, content, link: linkname };
  }
  return found;
}

const app = { Dockerfile: "FROM node\n", "compose.yml": "services: {}\n", "server/main.js": "//\n" };

describe("a packed folder", () => {
  it("holds every file, with its content and whether it can be executed", async () => {
    const folder = await folderOf({ ...app, "run.sh": "#!/bin/sh\n" });
    await chmod(path.join(folder, "run.sh"), 0o700);
    const found = await unpack((await pack(folder)).tar);
    expect(Object.keys(found)).toEqual(["Dockerfile", "compose.yml", "run.sh", "server/main.js"]);
    expect(found["run.sh"]).toMatchObject({
      mode: process.platform === "win32" ? 0o644 : 0o755,
      content: "#!/bin/sh\n",
    });
    expect(found["server/main.js"]).toMatchObject({ type: "file", mode: 0o644, content: "//\n" });
  });

  it("holds symbolic links as links", async () => {
    const folder = await folderOf(app);
    await symlink("server/main.js", path.join(folder, "main.js"));
    expect((await unpack((await pack(folder)).tar))["main.js"]).toMatchObject({
      type: "symlink",
      link: "server/main.js",
    });
  });

  it("has a hash of its content alone: not of dates, and not of the order in which files were made", async () => {
    const one = await folderOf(app);
    const other = await folderOf(Object.fromEntries(Object.entries(app).reverse()));
    await utimes(path.join(other, "Dockerfile"), 1, 1);
    expect((await pack(other)).hash).toBe((await pack(one)).hash);
    await writeFile(path.join(other, "server/main.js"), "// changed\n");
    expect((await pack(other)).hash).not.toBe((await pack(one)).hash);
  });

  it("leaves out what is made anew, git's own data and secrets, at any depth", async () => {
    const folder = await folderOf({
      ...app,
      "node_modules/a/index.js": "",
      "client/node_modules/b/index.js": "",
      ".git/config": "",
      "dist/main.js": "",
      ".postgres/PG_VERSION": "16",
      ".env": "SECRET=1",
      "server/.env.local": "SECRET=2",
    });
    expect((await pack(folder)).files).toEqual(Object.keys(app).sort());
  });

  it("leaves out what .dockerignore does, but not what docker itself reads", async () => {
    const folder = await folderOf({
      ...app,
      ".dockerignore": "# not for the image\nDockerfile\ncompose.yml\n.dockerignore\ntest\n**/*.log\n!keep.log\n",
      "test/a.test.js": "",
      "server/debug.log": "",
      "keep.log": "",
    });
    expect((await pack(folder)).files).toEqual([
      ".dockerignore",
      ...Object.keys(app).sort().slice(0, 2),
      "keep.log",
      "server/main.js",
    ]);
  });

  it("is refused when there is no such folder, saying what to correct", async () => {
    const missing = path.join(tmpdir(), "bia-no-such-folder");
    const refusal = await pack(missing).catch((error) => error);
    expect(refusal).toBeInstanceOf(Explained);
    expect(refusal.message).toContain(missing);
    expect(refusal.next).toContain("app.source");
  });

  it("takes two commands for the app that comes with bia-infra", async () => {
    const { tar } = await pack(path.resolve(import.meta.dirname, "../../../app"));
    expect(split({ tar }).parts).toHaveLength(2);
  });
});

describe("the parts of an archive", () => {
  it("are the archive when they are put together", () => {
    const tar = Buffer.from(Array.from({ length: 90_000 }, () => Math.floor(Math.random() * 256)));
    const { parts } = split({ tar });
    expect(parts).toHaveLength(4);
    expect(gunzipSync(Buffer.concat(parts.map((part) => Buffer.from(part, "base64"))))).toEqual(tar);
  });

  it("stay well under the 64 KB of a command", () => {
    const tar = Buffer.from(Array.from({ length: 90_000 }, () => Math.floor(Math.random() * 256)));
    expect(Math.max(...split({ tar }).parts.map(({ length }) => length))).toBeLessThanOrEqual(40_000);
  });

  it("are refused when there would be too many, naming the way out", () => {
    const tar = Buffer.from(Array.from({ length: 41 * PART_BYTES }, () => Math.floor(Math.random() * 256)));
    expect(() => split({ tar })).toThrow(/1\.2 MB packed, of at most 1\.1 MB/);
  });
});
