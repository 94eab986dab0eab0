import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openContainers, removeContainers } from "../../../src/sandbox/plane/container/engine.ts";
import type { ContainerEngine } from "../../../src/sandbox/plane/container.ts";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import { isPlain, plainFolder, removePlainFolder } from "../../../src/sandbox/plane/plain-folder.ts";

let top: string;
let home: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "bia-plain-")));
  home = join(top, "ana");
  mkdirSync(home);
  vi.stubEnv("HOME", home);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true, force: true });
});

const PLAIN_PATH = /^(\/[A-Za-z0-9_][\w.+~-]*)+$/;

describe.skipIf(process.platform === "win32")("the folder for what programs of containers see", () => {
  const hidden = () => join(home, ".local", "share", "bia-infra", "sandbox");
  const where = join(...(process.platform === "darwin" ? ["Library", "bia-infra-sandbox"] : ["bia-infra-sandbox"]));

  beforeEach(() => mkdirSync(join(home, dirname(where)), { recursive: true }));

  it("is the folder itself where its path is plain", async () => {
    const folder = join(home, "sandbox");
    expect(await plainFolder(folder)).toBe(folder);
  });

  it.each([".local/x", "com espaço", "a b", "100%", "a#b", "[a]", "a,b", "it's", "a:b", "node_modules/x", "-x"])(
    "is another one, with a plain path, for %j",
    async (name) => {
      const folder = join(home, name);
      const plain = await plainFolder(folder);
      expect(dirname(plain)).toBe(join(home, where));
      expect(plain).toMatch(PLAIN_PATH);
      expect(await plainFolder(folder)).toBe(plain);
      await removePlainFolder(folder);
      expect(existsSync(plain)).toBe(false);
      expect(existsSync(join(home, where))).toBe(false);
    },
  );

  it("is looked at as it really is: a plain name that leads to a hidden folder is none", async () => {
    mkdirSync(join(home, ".real"));
    symlinkSync(join(home, ".real"), join(home, "link"));
    expect(dirname(await plainFolder(join(home, "link", "x")))).toBe(join(home, where));
  });

  it("is each folder's own, and removing one leaves the others", async () => {
    const [one, other] = [await plainFolder(join(home, ".a")), await plainFolder(join(home, ".b"))];
    expect(one).not.toBe(other);
    writeFileSync(join(other, "file"), "");
    await removePlainFolder(join(home, ".a"));
    expect(existsSync(join(other, "file"))).toBe(true);
  });

  it("can be entered by nobody else", async () => {
    mkdirSync(join(home, where), { mode: 0o755 });
    const plain = await plainFolder(hidden());
    expect([dirname(plain), plain].map((folder) => statSync(folder).mode & 0o077)).toEqual([0, 0]);
  });

  it("lies outside of a home whose own path is not plain, closed all the same", async () => {
    const strange = join(top, ".com espaço");
    mkdirSync(strange);
    vi.stubEnv("HOME", strange);
    const folder = join(strange, "sandbox");
    const plain = await plainFolder(folder);
    try {
      expect(plain).toMatch(PLAIN_PATH);
      expect(statSync(dirname(plain)).mode & 0o077).toBe(0);
      expect(statSync(dirname(plain)).uid).toBe(process.getuid?.());
    } finally {
      await removePlainFolder(folder);
    }
    expect(existsSync(plain)).toBe(false);
  });

  it("is never where somebody has laid a link in the way", async () => {
    const theirs = join(top, "theirs");
    mkdirSync(theirs);
    symlinkSync(theirs, join(home, where));
    const plain = await plainFolder(hidden());
    await removePlainFolder(hidden());
    expect(plain.startsWith(home)).toBe(false);
    expect(readdirSync(theirs)).toEqual([]);
  });

  it("is not in a home that others may write to", async () => {
    chmodSync(dirname(join(home, where)), 0o777);
    const plain = await plainFolder(hidden());
    await removePlainFolder(hidden());
    expect(plain.startsWith(home)).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("a container of a sandbox in a hidden folder with blanks", () => {
  const SHOW = `
const { NODE_OPTIONS, HOME, TMPDIR, PATH, npm_config_prefix } = process.env;
const seen = [process.cwd(), __filename, HOME, TMPDIR, npm_config_prefix, PATH.split(":")[0]];
console.log(JSON.stringify([...seen, JSON.parse(NODE_OPTIONS.slice(NODE_OPTIONS.indexOf('"')))]));
`;
  let folder: string;
  let engine: ContainerEngine | undefined;

  beforeEach(async () => {
    folder = join(home, ".local", "Application Support", "i-1");
    engine = await opened();
  });

  afterEach(async () => {
    await engine?.stopAll();
  });

  async function opened(): Promise<ContainerEngine> {
    const images = await openImages(join(folder, "images"));
    return openContainers({ folder: join(folder, "containers"), cache: join(folder, "cache"), images });
  }

  async function build(run = ""): Promise<string[]> {
    const context = join(top, "context");
    mkdirSync(context, { recursive: true });
    writeFileSync(join(context, "show.js"), SHOW);
    const dockerfile = `FROM node:24\nWORKDIR /app\nCOPY show.js ./\n${run}\nCMD ["node", "show.js"]\n`;
    writeFileSync(join(context, "Dockerfile"), dockerfile);
    const images = await openImages(join(folder, "images"));
    const log: string[] = [];
    await images.build({ context: folderContext(context), tags: ["app"], onProgress: (line) => log.push(line) });
    return log;
  }

  async function run(id: string): Promise<string[]> {
    await engine?.start(id);
    await engine?.wait(id);
    const lines: string[] = [];
    for await (const { text } of engine?.logs(id) ?? []) lines.push(text);
    return lines;
  }

  it("sees nothing but plain paths, as do the steps of its build", async () => {
    const log = await build("RUN node show.js");
    const built = /\[".*"\]/.exec(log.find((line) => line.includes('["/')) ?? "")?.[0] ?? "[]";
    const { id } = (await engine?.create({ image: "app" })) ?? { id: "" };
    const [ran = "[]"] = await run(id);
    const paths: string[] = [...JSON.parse(built), ...JSON.parse(ran)];
    expect(paths).toHaveLength(14);
    expect(paths.filter((path) => !isPlain(path))).toEqual([]);
    expect(paths.filter((path) => !PLAIN_PATH.test(path))).toEqual([]);
  });

  it("is made again from its image when a cleaner of temporary files has been there, and says so", async () => {
    await build();
    const { id } = (await engine?.create({ image: "app" })) ?? { id: "" };
    rmSync(join(await plainFolder(join(folder, "containers")), "roots"), { recursive: true });
    const lines = await run(id);
    expect(lines[0]).toMatch(/files of this container in .* had been deleted; they were made again from app/);
    expect(lines[1]).toContain("/app");
  });

  it("is made again when only the oldest of its files were cleaned away", async () => {
    await build();
    const { id } = (await engine?.create({ image: "app" })) ?? { id: "" };
    const roots = join(await plainFolder(join(folder, "containers")), "roots");
    const mark = readdirSync(roots).find((name) => name.endsWith(".whole")) ?? "";
    for (const gone of [mark, join(id.slice(0, 12), "app", "show.js")]) rmSync(join(roots, gone));
    expect((await run(id))[1]).toContain("/app");
  });

  it("says what is lost when its image is gone too", async () => {
    await build();
    const { id } = (await engine?.create({ image: "app" })) ?? { id: "" };
    await (await openImages(join(folder, "images"))).remove("app");
    rmSync(join(await plainFolder(join(folder, "containers")), "roots"), { recursive: true });
    await expect(engine?.start(id)).rejects.toThrow(/are gone, and so is its image app: build the image/);
  });

  it("keeps what it wrote over a restart of the sandbox, and leaves nothing when it is removed", async () => {
    await build();
    const { id } = (await engine?.create({ image: "app", volumes: [{ name: "v", target: "/data" }] })) ?? { id: "" };
    const [paths = "[]"] = await run(id);
    const cwd: string = JSON.parse(paths)[0];
    writeFileSync(join(cwd, "note"), "kept");
    await engine?.stopAll();
    engine = await opened();
    expect(existsSync(join(cwd, "note"))).toBe(true);
    expect(await run(id)).toHaveLength(2);
    await engine.remove(id, { force: true });
    expect(existsSync(cwd)).toBe(false);
    await engine.removeVolume("v");
    await engine.stopAll();
    await removeContainers(join(folder, "containers"));
    expect(readdirSync(home).filter((name) => name.startsWith("bia"))).toEqual([]);
  });
});
