// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${...} is how a compose file mentions a variable
import { describe, expect, it } from "vitest";
import { bootWithCompose } from "../../workbench.ts";

/** A machine with these files beside the compose file; paths may begin with `/`. */
async function bootWithFiles({ "compose.yml": file = "", ...others }: Readonly<Record<string, string>>) {
  const booted = await bootWithCompose(file);
  for (const [path, text] of Object.entries(others)) {
    await booted.machine.run(`cd /srv/bia; mkdir -p "$(dirname ${path})"; cat > ${path}`, { stdin: text });
  }
  const spec = (name: string) => booted.engine.containers.find(name)?.spec;
  return { ...booted, spec };
}

describe("a compose file that includes others", () => {
  it("has their services, with paths and variables of their own folders", async () => {
    const { compose, spec, engine } = await bootWithFiles({
      "compose.yml":
        "include: [infra/compose.yml, { path: [more.yml], project_directory: more, env_file: own.env }]\nservices: { web: { build: ., depends_on: [db] } }\n",
      "infra/compose.yml":
        'services: { db: { image: "postgres:16", env_file: db.env, environment: { A: "${A}" }, volumes: ["./init:/init:ro", "data:/data"] } }\nvolumes: { data: }\n',
      "infra/.env": "A=infra\n",
      "infra/db.env": "POSTGRES_DB=tarefas\n",
      "more.yml": 'services: { job: { build: ., environment: { A: "${A}" } } }\n',
      "own.env": "A=own\n",
      "more/Dockerfile": "FROM node:22\n",
    });
    expect(await compose("up -d", { env: { PATH: "/usr/bin" } })).toMatchObject({ exitCode: 0 });
    expect(spec("bia-db-1")).toMatchObject({
      env: { POSTGRES_DB: "tarefas", A: "infra" },
      binds: [{ source: "/srv/bia/infra/init", target: "/init", readOnly: true }],
      volumes: [{ name: "bia_data", target: "/data" }],
    });
    expect(spec("bia-job-1")?.env).toEqual({ A: "own" });
    expect(engine.builds.map(({ dockerfileText }) => dockerfileText)).toContain("FROM node:22\n");
  });

  it.each([
    ["services.web conflicts with imported resource\n", "services: { web: { image: x } }\n"],
    [
      "include cycle detected:\n/srv/bia/compose.yml\n include /srv/bia/b.yml\n include /srv/bia/compose.yml\n",
      "include: [compose.yml]\n",
    ],
  ])("is refused: %s", async (words, other) => {
    const { compose } = await bootWithFiles({
      "compose.yml": "include: [b.yml]\nservices: { web: { build: . } }\n",
      "b.yml": other,
    });
    expect(await compose("config")).toMatchObject({ stderr: words, exitCode: 15 });
  });
});

it("takes what stands in an override beside the file, and in COMPOSE_FILE", async () => {
  const { compose, spec } = await bootWithFiles({
    "compose.yml": "services: { web: { build: ., environment: { A: one } } }\n",
    "compose.override.yml": "services: { web: { environment: { A: two } } }\n",
    "prod.yml": "services: { web: { environment: { A: three } } }\n",
  });
  await compose("up -d");
  expect(spec("bia-web-1")?.env).toEqual({ A: "two" });
  await compose("up -d", { env: { COMPOSE_FILE: "compose.yml:prod.yml" } });
  expect(spec("bia-web-1")?.env).toEqual({ A: "three" });
});

it("extends a service of a file elsewhere, whose paths are meant from there, and that of a third", async () => {
  const { compose, spec } = await bootWithFiles({
    "compose.yml":
      "services: { web: { extends: { file: ../common/base.yml, service: app }, environment: { B: mine } } }\n",
    "/srv/common/base.yml":
      "services: { app: { extends: { file: deep/root.yml, service: root }, volumes: ['./conf:/conf'] } }\n",
    "/srv/common/deep/root.yml": "services: { root: { build: ., environment: { A: root, B: root } } }\n",
    "/srv/common/deep/Dockerfile": "FROM node\n",
  });
  expect((await compose("up -d")).exitCode).toBe(0);
  expect(spec("bia-web-1")).toMatchObject({
    env: { A: "root", B: "mine" },
    binds: [{ source: "/srv/common/conf", target: "/conf" }],
  });
});

it("reads env files as compose does: comments, quotes, lines, escapes, variables", async () => {
  const { compose, spec } = await bootWithFiles({
    "compose.yml":
      "services: { web: { build: ., env_file: [a.env, { path: none.env, required: false }], environment: [FROM_DOTENV] } }\n",
    ".env": "FROM_DOTENV=dotenv\n",
    "a.env": [
      "# a comment",
      "",
      "export A = plain # not this",
      "B=a#b",
      "C: yaml",
      `E="two\\nlines \\"$A\\" \\$A \\0101"`,
      'F="over',
      'two lines"',
      "G=${A}-${NONE:-none}",
      "H=",
      "I='it\\'s'",
    ].join("\n"),
  });
  expect(await compose("up -d")).toMatchObject({ exitCode: 0 });
  expect(spec("bia-web-1")?.env).toMatchObject({
    A: "plain",
    B: "a#b",
    C: "yaml",
    E: 'two\nlines "plain" $A A',
    F: "over\ntwo lines",
    G: "plain-none",
    H: "",
    I: "it's",
    FROM_DOTENV: "dotenv",
  });
});

it.each([
  ["A='open\nB=1", "failed to read /srv/bia/a.env: unterminated quoted value 'open\n"],
  ["A-B!=1", `failed to read /srv/bia/a.env: unexpected character "!" in variable name near "A-B!=1"\n`],
])("says what is wrong in an env file: %j", async (text, words) => {
  const { compose } = await bootWithFiles({
    "compose.yml": "services: { web: { build: ., env_file: a.env } }\n",
    "a.env": text,
  });
  expect(await compose("config")).toMatchObject({ stderr: words, exitCode: 1 });
});

it("copies secrets and configs that are of no file into the container", async () => {
  const { compose, engine } = await bootWithFiles({
    "compose.yml": `
services:
  web:
    build: .
    secrets: [token]
    configs: [{ source: site, target: /etc/site.conf, mode: 0440 }]
secrets: { token: { environment: TOKEN } }
configs: { site: { content: "port=\${PORT:-80}\\n" } }`,
  });
  const failed = await compose("up -d");
  expect(failed.stderr).toMatch(/environment variable "TOKEN" required by secret "bia_token" is not set\n$/);
  await compose("down");
  expect(await compose("up -d", { env: { TOKEN: "s3cret" } })).toMatchObject({ exitCode: 0 });
  const { id } = engine.containers.find("bia-web-1") ?? { id: "" };
  const text = (path: string) => Buffer.from(engine.files.get(`${id}${path}`)?.read() ?? []).toString();
  expect(text("/run/secrets/token")).toBe("s3cret");
  expect(text("/etc/site.conf")).toBe("port=80\n");
  expect(engine.files.get(`${id}/etc/site.conf`)?.mode).toBe(0o440);
});

it("knows the forms of a build, of ports, of mounts and of networks", async () => {
  const { compose, engine, spec } = await bootWithFiles({
    "compose.yml": `
services:
  inline:
    build: { dockerfile_inline: "FROM node:20\\n", additional_contexts: { shared: ../shared, base: "docker-image://node:22" }, tags: [x], privileged: true }
    network_mode: bridge
    scale: 1
  outside:
    build: { context: ./app, dockerfile: ../docker/app.Dockerfile }
    tmpfs: [/run/cache:size=64m]
    ports: ["8000-8001:80-81", "127.0.0.1:9000:90", "[::1]:9001:91", { target: 92, published: "9002", host_ip: 127.0.0.1, name: web, app_protocol: http }]
    develop: { watch: [{ path: ., action: sync, target: /app }] }
`,
    "app/x": "",
    "docker/app.Dockerfile": "FROM node:18\n",
    "/srv/shared/y": "",
  });
  const { stderr, exitCode } = await compose("up -d");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("without effect here: services.outside.develop\n");
  expect(engine.builds).toMatchObject([
    { dockerfileText: "FROM node:20\n", contexts: ["shared", "base"] },
    { dockerfileText: "FROM node:18\n", files: { x: "" } },
  ]);
  expect(spec("bia-inline-1")?.networks).toEqual([]);
  expect(spec("bia-outside-1")).toMatchObject({
    anonymous: ["/run/cache"],
    ports: [
      { containerPort: 80, hostPort: 8000 },
      { containerPort: 81, hostPort: 8001 },
      { containerPort: 90, hostPort: 9000 },
      { containerPort: 91, hostPort: 9001 },
      { containerPort: 92, hostPort: 9002 },
    ],
  });
});
