import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openContainers } from "../../../src/sandbox/plane/container/engine.ts";
import { folderContext } from "../../../src/sandbox/plane/image/context.ts";
import type { ImageError } from "../../../src/sandbox/plane/image/error.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import type { Image, ImageStore } from "../../../src/sandbox/plane/image.ts";

let home: string;
let images: ImageStore;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "bia-plane-packages-"));
  mkdirSync(join(home, "context"));
  images = await openImages(join(home, "images"));
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

async function build(dockerfile: string): Promise<{ image: Image; log: string }> {
  writeFileSync(join(home, "context", "Dockerfile"), dockerfile);
  let log = "";
  const onProgress = (line: string) => {
    log += `${line}\n`;
  };
  const { image } = await images.build({ context: folderContext(join(home, "context")), tags: ["app"], onProgress });
  return { image, log };
}

/** What a RUN of these images prints, without the numbers of steps and seconds. */
async function printed(from: string, run: string): Promise<string[]> {
  const { log } = await build(`FROM ${from}\nRUN ${run}\n`);
  return [...log.matchAll(/^#3 \d+\.\d+ (.*)$/gm)].map(([, line = ""]) => line);
}

const failure = (from: string, run: string): Promise<ImageError> =>
  build(`FROM ${from}\nRUN ${run}\n`).then(
    () => expect.unreachable(),
    (error: ImageError) => error,
  );

describe("apt-get", () => {
  it("installs what is on its list, and takes its lists away again", async () => {
    const lines = await printed(
      "node:22-slim",
      "apt-get update && apt-get install -y --no-install-recommends curl ca-certificates tzdata && rm -rf /var/lib/apt/lists/* && curl --version && ls /var/lib/apt/lists | wc -l",
    );
    expect(lines).toContain("Setting up curl ...");
    expect(lines.at(-2)).toMatch(/^curl 8\./);
    expect(lines.at(-1)?.trim()).toBe("0");
  });

  it("finds nothing before an update, as on a slim image", async () => {
    expect((await failure("node:22-slim", "apt-get install -y curl")).exitCode).toBe(100);
    const lines = await printed("node:22-slim", "apt-get install -y curl || true");
    expect(lines).toEqual(["E: Unable to locate package curl"]);
  });

  it("refuses packages that are not on the list by name", async () => {
    const lines = await printed("node:22-slim", "apt-get update && apt-get install -y curl nosuch || echo $?");
    expect(lines.slice(2)).toEqual([
      "E: Unable to locate package nosuch",
      expect.stringContaining("has not a package nosuch"),
      "100",
    ]);
  });

  it("wants root, and a yes", async () => {
    const lines = await printed("node:22-slim", "apt-get update -qq && apt-get install curl || echo $?");
    expect(lines.at(-1)).toBe("1");
    const error = await build("FROM node:22-slim\nUSER node\nRUN apt-get update\n").catch((problem) => problem);
    expect(error).toMatchObject({ exitCode: 100 });
  });

  it("refuses by name what it has put in place without being able to run it", async () => {
    const lines = await printed("node:22-slim", "apt-get update && apt-get install -y git && git --version || echo $?");
    expect(lines).toContain("note: the sandbox has no git: calling one is refused by name");
    expect(lines.slice(-2)).toEqual([expect.stringContaining("does not emulate git"), "126"]);
  });

  it("is not there on Alpine, which has apk", async () => {
    expect((await printed("node:22-alpine", "apt-get update || true"))[0]).toContain("apt-get: not found");
    expect((await printed("node:22", "apk add curl || true"))[0]).toContain("apk: not found");
  });
});

describe("apk", () => {
  it("installs and removes, one by one and by a name of one's own", async () => {
    const lines = await printed(
      "node:22-alpine",
      "apk add --no-cache --virtual .build python3 make g++ && apk add curl && curl --version && apk del .build curl && (which curl || echo gone)",
    );
    expect(lines).toContainEqual(expect.stringMatching(/^curl 8\./));
    expect(lines.at(-1)).toBe("gone");
  });

  it("refuses packages that are not on the list by name", async () => {
    const lines = await printed("node:22-alpine", "apk add nosuch || true");
    expect(lines.join("\n")).toMatch(/nosuch \(no such package\)[\s\S]*has not a package nosuch/);
  });

  it("brings the bash that scripts of Alpine lack", async () => {
    const script = "printf '#!/bin/bash\\necho ran\\n' > /x && chmod +x /x";
    expect((await failure("node:22-alpine", `${script} && /x`)).exitCode).toBe(126);
    expect((await printed("node:22-alpine", `${script} && apk add -q bash && /x`)).at(-1)).toBe("ran");
  });
});

describe("what packages bring", () => {
  it("is called by the entrypoint of node's image, with the words after it", async () => {
    const call = "docker-entrypoint.sh dumb-init node -p 6*7; docker-entrypoint.sh python3 app.py || echo $?";
    const lines = await printed("node:22-slim", `apt-get update && apt-get install -y dumb-init python3 && ${call}`);
    expect(lines.slice(-3)).toEqual(["42", expect.stringContaining("does not emulate python3"), "126"]);
  });

  const server =
    "require('node:http').createServer((q, r) => { r.statusCode = q.url === '/bad' ? 500 : 200; r.end('hi'); }).listen(8080)";

  /** A container whose image has curl, wget and nc and that serves on its port 8080. */
  async function serving() {
    await build(`FROM node:22-alpine
RUN apk add --no-cache curl dumb-init
EXPOSE 8080
HEALTHCHECK --interval=100ms CMD curl -fsS http://localhost:8080/ || exit 1
ENTRYPOINT ["dumb-init", "--"]
CMD ["node", "-e", ${JSON.stringify(server)}]
`);
    const folder = mkdtempSync(join(home, "engine-"));
    const engine = await openContainers({ folder, cache: join(home, "cache"), images });
    onTestFinished(() => engine.stopAll());
    const { id } = await engine.create({ image: "app", name: "app" });
    await engine.start(id);
    await engine.until(id, ({ state }) => state.health?.status === "healthy");
    return async (command: string) => {
      let output = "";
      const onOutput = (chunk: string) => {
        output += chunk;
      };
      const exitCode = await engine.exec(id, { argv: ["sh", "-c", command], onOutput });
      return { exitCode, output };
    };
  }

  it("answers checks with curl, wget and nc in the container's own network", async () => {
    const run = await serving();
    expect(await run("curl -sf -m 5 -o /dev/null -w '%{http_code}' http://localhost:8080/")).toEqual({
      exitCode: 0,
      output: "200",
    });
    expect(await run("curl -fsS http://localhost:8080/bad")).toEqual({
      exitCode: 22,
      output: "curl: (22) The requested URL returned error: 500\n",
    });
    expect((await run("curl -s http://localhost:8081/")).exitCode).toBe(7);
    expect(await run("curl -s http://localhost:8080/ -o /tmp/page && cat /tmp/page")).toEqual({
      exitCode: 0,
      output: "hi",
    });
    expect(await run("wget -qO- http://localhost:8080/")).toEqual({ exitCode: 0, output: "hi" });
    expect((await run("wget -q --spider http://localhost:8080/bad")).exitCode).toBe(1);
    expect((await run("nc -z localhost 8080")).exitCode).toBe(0);
    expect((await run("nc -z -w 1 localhost 8081")).exitCode).toBe(1);
  });
});

/** In the place of npx it tells what it was called with. */
const NPX = `printf '#!/bin/sh\\necho "$@"\\n' > /usr/local/bin/npx && chmod +x /usr/local/bin/npx`;

describe("users and groups", () => {
  it.each([
    ["node:22-alpine", "addgroup -g 1500 -S app && adduser -S -u 1500 -G app app"],
    ["node:22-slim", "groupadd --gid 1500 app && useradd --uid 1500 --gid app --shell /bin/bash --create-home app"],
  ])("are made in an image, so that files can be theirs: %s", async (from, run) => {
    const { image, log } = await build(
      `FROM ${from}\nRUN ${run} && grep app /etc/passwd /etc/group\nCOPY --chown=app:app Dockerfile /\nUSER app\n`,
    );
    expect(log).toContain("/etc/group:app:x:1500:");
    expect(image.config.User).toBe("app");
    expect((await failure(from, `${run} && ${run}`)).exitCode).toBe(1);
  });
});

describe("yarn, pnpm and corepack", () => {
  it("come from npm's registry, in the version that the image or package.json names", async () => {
    const lines = await printed(
      "node:22-slim",
      [
        NPX,
        "yarn install --frozen-lockfile",
        "(pnpm -v || echo none)",
        "corepack enable && pnpm install",
        "corepack prepare pnpm@9.1.0 --activate && pnpm run build",
        `echo '{"packageManager":"yarn@4.5.0+sha512.abc"}' > package.json && yarn build`,
        `echo '{"packageManager":"pnpm@8.15.0"}' > package.json && pnpx serve`,
      ].join(" && "),
    );
    expect(
      lines
        .filter((line) => line.startsWith("--yes"))
        .map((line) => line.replace("--yes --prefer-offline --package=", "")),
    ).toEqual([
      "yarn@1.22.22 -- yarn install --frozen-lockfile",
      "pnpm@10 -- pnpm install",
      "pnpm@9.1.0 -- pnpm run build",
      "@yarnpkg/cli-dist@4.5.0 -- yarn build",
      "pnpm@8.15.0 -- pnpm dlx serve",
    ]);
    expect(lines).toContain("none");
  });
});
