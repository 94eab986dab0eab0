import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { Explained } from "../../../src/engine/errors.ts";
import { remedyFor } from "../../../src/remote/app/failures.ts";
import { pack } from "../../../src/remote/app/pack.ts";
import { envNotice, troubleWith } from "../../../src/remote/app/source-check.ts";
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
    const tar = Buffer.from(Array.from({ length: 201 * PART_BYTES }, () => Math.floor(Math.random() * 256)));
    expect(() => split({ tar })).toThrow(/5\.8 MB packed, of at most 5\.7 MB/);
  });
});

describe("a folder that is to be the app's source", () => {
  async function troubleOf(folder: string) {
    const trouble = await troubleWith({ folder });
    return `${trouble?.message} ${trouble?.next}`;
  }

  it("may be one that can travel and be built from", async () => {
    expect(await troubleWith({ folder: await folderOf(app) })).toBeUndefined();
    expect(await troubleWith({ git: "https://example.org/a/b" })).toBeUndefined();
  });

  it.each([
    ["has no compose file", { Dockerfile: "FROM node\n" }, /no compose file: .* holds none of compose\.yaml/],
    ["has no Dockerfile to build from", { "compose.yml": "services:\n  server:\n    build: .\n" }, /no Dockerfile/],
  ])("is refused if it %s", async (_, files, words) => {
    expect(await troubleOf(await folderOf(files as unknown as Record<string, string>))).toMatch(words);
  });

  it("needs no Dockerfile where images are only run", async () => {
    const folder = await folderOf({ "compose.yml": "services:\n  web:\n    image: httpd\n" });
    expect(await troubleWith({ folder })).toBeUndefined();
  });

  it("is refused if it is not there, or is a file", async () => {
    const folder = await folderOf(app);
    expect(await troubleOf(path.join(folder, "not-there"))).toContain("is no folder");
    expect(await troubleOf(path.join(folder, "Dockerfile"))).toContain("is no folder");
  });

  it("is refused with its largest files if it is too large packed", async () => {
    const folder = await folderOf(app);
    await writeFile(path.join(folder, "photo.jpg"), randomBytes(7 * 2 ** 20));
    expect(await troubleOf(folder)).toMatch(
      /7\.0 MB packed, of at most 5\.7 MB; the largest files are photo\.jpg \(7\.0 MB\)/,
    );
  });

  it.skipIf(process.platform === "win32")("is refused if a link leads out of it, with the link", async () => {
    for (const target of ["/etc/passwd", "../outside", "server/../../outside"]) {
      const folder = await folderOf(app);
      await symlink(target, path.join(folder, "link"));
      expect(await troubleOf(folder)).toContain(`link in ${folder} leads to ${target}`);
    }
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "is refused if a file cannot be read",
    async () => {
      const folder = await folderOf({ ...app, secret: "x" });
      await chmod(path.join(folder, "secret"), 0);
      expect(await troubleOf(folder)).toMatch(/cannot be read: .*secret \(EACCES\)/);
    },
  );

  it("has a word said of a .env that stays behind, where the compose file wants one", async () => {
    const noticeOf = async (compose: string, env: string) =>
      envNotice(await pack(await folderOf({ ...app, "compose.yml": compose, [env]: "SECRET=1" })));
    expect(await noticeOf("services: { a: { env_file: .env } }", ".env")).toMatch(/^\.env stays here: .*bia-infra ssh/);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: how a compose file mentions a variable
    expect(await noticeOf("services: { a: { ports: ['${PORT}:80'] } }", ".env")).toContain(".env stays here");
    expect(await noticeOf("services: { a: { image: httpd } }", ".env")).toBeUndefined();
    expect(await noticeOf("services: { a: { env_file: .env } }", ".env.example")).toBeUndefined();
  });
});

describe("what to do about a script that failed", () => {
  it.each([
    ["validating /home/ec2-user/bia/compose.yml: services.server.ports must be a list", /Correct the compose file/],
    ["yaml: line 3: did not find expected key", /Correct the compose file/],
    ["no configuration file provided: not found", /Correct the compose file/],
    ["env file /home/ec2-user/bia/.env not found: stat: no such file or directory", /do not travel.*bia-infra ssh/],
    [
      "bia-infra sandbox: this machine does not emulate the network a of service web. On AWS it exists.",
      /gap of the sandbox/,
    ],
    ["failed to solve: python:3.12: the sandbox has no such image. On AWS all run", /gap of the sandbox.*--target aws/],
    [
      "Dockerfile:1\n>>> FROM python:3.12\nfailed to solve: python:3.12: the sandbox has no such image. On AWS all run",
      /python:3\.12 is a gap of the sandbox, which runs apps on Node\. .*--target aws/,
    ],
    [
      "PostgreSQL could not be started: database files are incompatible with server: The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 17.10.",
      /was initialized by PostgreSQL version 14: name that one.*down -v/,
    ],
    [
      "Error: request to https://binaries.prisma.sh/x failed, reason: getaddrinfo ENOTFOUND binaries.prisma.sh\nfailed to solve: process did not complete",
      /downloads something from binaries\.prisma\.sh, which could not be reached/,
    ],
    [
      "npm error node-pre-gyp ERR! install request to https://github.com/x failed, reason: getaddrinfo ENOTFOUND github.com\nfailed to solve: x",
      /downloads something from github\.com/,
    ],
    [
      "bia-infra sandbox: it does not emulate the image mongo:7: the service mongo stands still here. On AWS it runs.\nMongooseServerSelectionError: getaddrinfo ENOTFOUND mongo\nThe app does not answer on port 3001 of the machine",
      /the image mongo:7 is a gap of the sandbox\. Let the app come up without it/,
    ],
    [
      "bia-infra sandbox: it does not emulate the image mongo:7: the service mongo stands still here. On AWS it runs.\nSyntaxError\nThe app does not answer on port 3001 of the machine",
      /correct what it said above/,
    ],
    ["error while interpolating services.a.image: required variable TAG is missing a value: x", /`app\.env`/],
    ["invalid hostPort: x", /Correct the compose file/],
    [
      "transferring dockerfile: 36B\nnaming to bia-server:latest done\nThe app does not answer on port 3001 of the machine; above is what it printed last.",
      /publish that port.*devMachine\.appPort/,
    ],
    ["fatal: repository 'https://github.com/u/nothing/' not found", /Correct app\.source/],
    [
      "npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org/x failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org\nfailed to solve: process did not complete successfully",
      /registry could not be reached/,
    ],
    ["The app was never brought to this machine (there is no /home/ec2-user/bia).", /bia-infra dev up/],
    ["failed to solve: process did not complete successfully: exit code: 1", /Correct the Dockerfile/],
  ])("is true of: %s", (said, next) => {
    expect(remedyFor(said)).toMatch(next);
  });
});
