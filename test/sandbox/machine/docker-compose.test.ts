// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${...} is how a compose file mentions a variable
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootWithCompose, bootWithDocker, stdoutOf } from "./workbench.ts";

const app = join(import.meta.dirname, "../../../app");

/** The shipped app's own file. */
const bia = () => readFile(join(app, "compose.yml"), "utf8");

const pair = `
services:
  web:
    build: .
    depends_on:
      db: { condition: service_healthy }
  db:
    image: postgres:16
    healthcheck: { test: ["CMD-SHELL", "pg_isready"], interval: 1s }
`;

describe("docker compose up", () => {
  it("brings up the shipped app: network, volume, image, containers, in the order of their dependencies", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    const { stderr, exitCode } = await compose("up -d --build", { env: { VITE_API_URL: "http://198.51.100.7:3001" } });
    expect(exitCode).toBe(0);
    const steps = stderr.split("\n").filter((line) => /^ (Network|Volume|Container)/.test(line));
    const moments = steps.map((line) => line.trim().replace(/ +/g, " "));
    expect(moments.filter((moment) => !/ (Waiting|Healthy)$/.test(moment))).toEqual([
      "Network bia_default Creating",
      "Network bia_default Created",
      'Volume "bia_db" Creating',
      'Volume "bia_db" Created',
      "Container database Creating",
      "Container database Created",
      "Container bia Creating",
      "Container bia Created",
      "Container database Starting",
      "Container database Started",
      "Container bia Starting",
      "Container bia Started",
    ]);
    expect(engine.builds[0]?.buildArgs).toMatchObject({ VITE_API_URL: "http://198.51.100.7:3001" });
    expect(engine.containers.find("bia")?.spec).toMatchObject({
      image: "bia-server",
      env: { DB_HOST: "database", DB_PORT: "5432", VERSAO_API: "" },
      ports: [{ containerPort: 8080, hostPort: 3001 }],
      networks: [{ name: "bia_default", aliases: ["server"] }],
      restart: { name: "unless-stopped" },
    });
    expect(engine.containers.find("database")?.spec).toMatchObject({
      image: "public.ecr.aws/docker/library/postgres:16",
      volumes: [{ name: "bia_db", target: "/var/lib/postgresql/data" }],
      healthcheck: { Test: ["CMD-SHELL", "pg_isready -U postgres -d bia"], Interval: 5e9, Timeout: 3e9, Retries: 10 },
    });
  });

  it("leaves alone what runs as the file says, and makes anew what changed", async () => {
    const { compose, machine, engine } = await bootWithCompose(await bia());
    await compose("up -d");
    const before = engine.containers.find("database")?.id;
    const again = await compose("up -d");
    expect(again.stderr).toBe(" Container database  Running\n Container bia  Running\n");
    await machine.run("sed -i 's/DB_USER: postgres/DB_USER: other/' /srv/bia/compose.yml");
    const changed = await compose("up -d");
    expect(changed.stderr).toBe(
      " Container bia  Recreate\n Container bia  Recreated\n Container database  Running\n Container bia  Starting\n Container bia  Started\n",
    );
    expect(engine.containers.find("database")?.id).toBe(before);
    expect(engine.containers.find("bia")?.spec.env?.DB_USER).toBe("other");
  });

  it("waits for the health of what a service depends on", async () => {
    const { compose, engine } = await bootWithCompose(pair);
    const running = compose("up -d --wait");
    await expect.poll(() => engine.containers.find("bia-db-1")?.state.health?.status).toBe("starting");
    expect(engine.containers.find("bia-web-1")?.state.status).toBe("created");
    engine.become("bia-db-1", { health: { status: "healthy", failingStreak: 0, log: [] } });
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      " Container bia-db-1  Waiting\n Container bia-db-1  Healthy\n Container bia-web-1  Starting\n",
    );
  });

  it.each([
    [
      { health: { status: "unhealthy", failingStreak: 3, log: [] } } as const,
      "dependency failed to start: container bia-db-1 is unhealthy\n",
    ],
    [{ status: "exited", exitCode: 1 } as const, "dependency failed to start: container bia-db-1 exited (1)\n"],
  ])("fails when that will never be: %j", async (state, words) => {
    const { compose, engine } = await bootWithCompose(pair);
    const running = compose("up -d");
    await expect.poll(() => engine.containers.find("bia-db-1")?.state.health?.status).toBe("starting");
    engine.become("bia-db-1", state);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(1);
    expect(stderr.endsWith(` Container bia-db-1  Error\n${words}`)).toBe(true);
    expect(engine.containers.find("bia-web-1")?.state.status).toBe("created");
  });

  it("waits for a service that has to complete, and fails if it does not succeed", async () => {
    const file = `
services:
  web: { image: postgres:16, depends_on: { job: { condition: service_completed_successfully } } }
  job: { image: postgres:16 }`;
    const { compose, engine } = await bootWithCompose(file);
    const running = compose("up -d");
    await expect.poll(() => engine.containers.find("bia-job-1")?.state.status).toBe("running");
    engine.become("bia-job-1", { status: "exited", exitCode: 3 });
    expect((await running).stderr).toMatch(/\nservice "job" didn't complete successfully: exit 3\n$/);
    const second = compose("up -d");
    await expect.poll(() => engine.containers.find("bia-job-1")?.state.status).toBe("running");
    engine.become("bia-job-1", { status: "exited", exitCode: 0 });
    expect((await second).exitCode).toBe(0);
  });

  it("with --wait fails for a container that ends", async () => {
    const { compose, engine } = await bootWithCompose(
      "services: { job: { image: postgres:16, healthcheck: { test: a } } }",
    );
    const running = compose("up -d --wait");
    await expect.poll(() => engine.containers.find("bia-job-1")?.state.status).toBe("running");
    engine.become("bia-job-1", { status: "exited", exitCode: 1 });
    expect(await running).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\ncontainer bia-job-1 exited \(1\)\n$/),
    });
  });

  it("without -d shows the logs, and stops everything when it is cancelled", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    const cancel = new AbortController();
    const seen: string[] = [];
    const running = compose("up", { signal: cancel.signal, onOutput: (_: string, text: string) => seen.push(text) });
    await expect.poll(() => seen).toContain("Attaching to database, bia\n");
    engine.write("bia", "bia no ar");
    await expect.poll(() => seen).toContain("bia       | bia no ar\n");
    cancel.abort();
    expect((await running).exitCode).toBe(143);
    await expect.poll(() => engine.containers.list()).toEqual([]);
  });

  it("says what went wrong in a build", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    engine.onBuild = () => {
      throw Object.assign(new Error('process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'), {
        name: "ImageError",
      });
    };
    const { stderr, exitCode } = await compose("up -d --build");
    expect(stderr).toMatch(
      /failed to solve: process "\/bin\/sh -c npm ci" did not complete successfully: exit code: 1\n$/,
    );
    expect(exitCode).toBe(17);
  });

  it("says in docker's words that a port is taken by another container", async () => {
    const { compose, machine } = await bootWithCompose(await bia());
    await machine.run("docker run -d -p 3001:80 public.ecr.aws/docker/library/postgres:16");
    const { stderr, exitCode } = await compose("up -d");
    expect(stderr).toMatch(/Error response from daemon: Bind for 0.0.0.0:3001 failed: port is already allocated\n$/);
    expect(exitCode).toBe(1);
  });
});

describe("docker compose down", () => {
  it("attaches services to the networks that the file names, and removes these again", async () => {
    const { compose, engine } = await bootWithCompose(`
services:
  web: { image: "postgres:16", networks: [front, back] }
  db: { image: "postgres:16", networks: { back: { aliases: [database] } } }
  job: { image: "postgres:16" }
networks: { front: {}, back: { driver: bridge, name: inner } }
`);
    expect((await compose("up -d")).exitCode).toBe(0);
    const attached = (name: string) => engine.containers.find(`bia-${name}-1`)?.spec.networks;
    expect(attached("web")).toEqual([
      { name: "bia_front", aliases: ["web"] },
      { name: "inner", aliases: ["web"] },
    ]);
    expect(attached("db")).toEqual([{ name: "inner", aliases: ["db", "database"] }]);
    expect(attached("job")).toEqual([{ name: "bia_default", aliases: ["job"] }]);
    expect((await compose("down")).stderr).toMatch(/Network bia_front {2}Removed[\s\S]*Network inner {2}Removed/);
    expect(engine.containers.networks()).toEqual([]);
  });

  it.each([
    [
      'services: { a: { image: "postgres:16", networks: [back] } }',
      'service "a" refers to undefined network back: invalid compose project\n',
    ],
    [
      'services: { a: { image: "postgres:16", networks: [back] } }\nnetworks: { back: { external: true } }',
      "network back declared as external, but could not be found\n",
    ],
  ])("does not come up without a network that is nowhere: %s", async (file, words) => {
    const { compose } = await bootWithCompose(file);
    const { stderr, exitCode } = await compose("up -d");
    expect(stderr.endsWith(words)).toBe(true);
    expect(exitCode).not.toBe(0);
  });

  it("removes containers and network, and the data only if it is told to", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    await compose("up -d");
    const { stderr } = await compose("down");
    expect(stderr.split("\n")[0]).toBe(" Container bia  Stopping");
    expect(engine.containers.list({ all: true })).toEqual([]);
    expect(engine.containers.networks()).toEqual([]);
    expect(engine.containers.volumes()).toHaveLength(1);
    await compose("down -v");
    expect(engine.containers.volumes()).toEqual([]);
    expect((await compose("down -v")).stderr).toBe('Warning: No resource found to remove for project "bia".\n');
  });
});

describe("docker compose", () => {
  it("lists its containers as a table, ids or JSON", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    await compose("up -d");
    engine.become("database", { status: "exited", exitCode: 1 });
    expect((await compose("ps")).stdout).toMatch(
      /^NAME +IMAGE +COMMAND +SERVICE +CREATED +STATUS +PORTS\nbia +bia-server +"node server.js" +server +.*0\.0\.0\.0:3001->8080\/tcp.*\n$/,
    );
    expect((await compose("ps -q")).stdout).toBe(`${engine.containers.find("bia")?.id}\n`);
    const rows = (await compose("ps -a --format json")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows).toMatchObject([
      { Service: "database", State: "exited", ExitCode: 1, Publishers: [] },
      {
        Service: "server",
        State: "running",
        Publishers: [{ URL: "0.0.0.0", TargetPort: 8080, PublishedPort: 3001 }, { URL: "::" }],
      },
    ]);
  });

  it("printed one array of JSON before version 2.21", async () => {
    const { compose } = await bootWithCompose(await bia(), { version: "v2.20.3" });
    await compose("up -d");
    expect(JSON.parse((await compose("ps --format json")).stdout)).toHaveLength(2);
  });

  it("shows logs with the container's name before each line", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    await compose("up -d");
    engine.write("database", "ready");
    engine.write("bia", "one");
    engine.write("bia", "two");
    expect((await compose("logs")).stdout).toBe("database  | ready\nbia       | one\nbia       | two\n");
    expect((await compose("logs --tail 1 --no-log-prefix server")).stdout).toBe("two\n");
  });

  it("runs a command in a service, and says if that does not run", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    expect(await compose("exec server ls")).toMatchObject({ exitCode: 1, stderr: 'service "server" is not running\n' });
    await compose("up -d");
    await compose("exec server bash -c 'npx sequelize db:migrate'");
    await compose("exec -T -e A=1 database pg_isready");
    expect(engine.execs).toMatchObject([
      { argv: ["bash", "-c", "npx sequelize db:migrate"] },
      { argv: ["pg_isready"], env: { A: "1" } },
    ]);
    expect(await compose("exec nosuch ls")).toMatchObject({ exitCode: 1, stderr: "no such service: nosuch\n" });
  });

  it("stops, starts and restarts its services", async () => {
    const { compose, engine } = await bootWithCompose(await bia());
    await compose("up -d");
    await compose("stop");
    expect(engine.containers.list()).toEqual([]);
    expect((await compose("start database")).stderr).toBe(
      " Container database  Starting\n Container database  Started\n",
    );
    await compose("restart server");
    expect(engine.containers.list()).toHaveLength(2);
  });

  it("prints the file with its variables filled in and its short forms written out", async () => {
    const { compose, machine } = await bootWithCompose(await bia());
    await machine.run("echo VERSAO_API=3.1.0 > /srv/bia/.env");
    const { stdout } = await compose("config");
    expect(stdout).toMatch(/^name: bia\nservices:\n {2}database:\n/);
    expect(stdout).toContain("VERSAO_API: 3.1.0\n");
    expect(stdout).toContain('        target: 8080\n        published: "3001"\n');
    expect(stdout).toMatch(/volumes:\n {2}db:\n {4}name: bia_db\n$/);
    expect((await compose("config --services")).stdout).toBe("database\nserver\n");
  });

  it("finds the file in a folder above, and by -f, and names the project as it is told", async () => {
    const { compose, machine } = await bootWithCompose("services: { a: { image: postgres:16 } }");
    await machine.run("mkdir -p /srv/bia/deep/er");
    expect((await machine.run("cd /srv/bia/deep/er; docker compose config")).stdout).toMatch(/^name: bia\n/);
    expect((await compose("-f /srv/bia/compose.yml -p Other config")).stdout).toMatch(/^name: other\n/);
    expect(await machine.run("cd /tmp; docker compose ps")).toMatchObject({
      exitCode: 14,
      stderr: "no configuration file provided: not found\n",
    });
  });
});

describe("several compose files", () => {
  const more = async (file: string) => {
    const { machine, engine, compose } = await bootWithCompose(await bia());
    await machine.run("cat > /srv/more.yml", { stdin: file });
    return {
      machine,
      engine,
      compose: (command: string, options = {}) => compose(`-f compose.yml -f /srv/more.yml ${command}`, options),
    };
  };

  it("add to each other: the later one's values count, mappings and lists grow", async () => {
    const { compose, machine } = await more(`
services:
  server:
    environment: [ "DB_HOST=elsewhere", "DB_NAME=\${DB_NAME}" ]
    labels: { a: "1" }
  other: { image: "postgres:16", command: [postgres] }
`);
    const { stdout } = await compose("config", { env: { DB_NAME: "tarefas" } });
    expect(stdout).toMatch(/DB_HOST: elsewhere\n\s+DB_NAME: tarefas\n\s+DB_PORT: "5432"\n\s+DB_PWD: postgres/);
    expect((await compose("config --services")).stdout.trim().split("\n").sort()).toEqual([
      "database",
      "other",
      "server",
    ]);
    expect((await compose("up -d")).exitCode).toBe(0);
    const label = "com.docker.compose.project.config_files";
    const format = `'{{index .Config.Labels "${label}"}} {{.Config.Env}}'`;
    expect(await stdoutOf(machine, `docker inspect --format ${format} bia`)).toMatch(
      /^\/srv\/bia\/compose\.yml,\/srv\/more\.yml \[.*DB_HOST=elsewhere/,
    );
  });

  it("add ports, and have one volume at a place", async () => {
    const { compose, engine } = await more(`
services:
  server: { ports: ["1:1"] }
  database: { volumes: ["./pg:/var/lib/postgresql/data:rw"] }
`);
    expect((await compose("up -d")).exitCode).toBe(0);
    expect(engine.containers.find("bia")?.spec.ports).toMatchObject([{ hostPort: 3001 }, { hostPort: 1 }]);
    expect(engine.containers.find("database")?.spec).toMatchObject({
      volumes: [],
      binds: [{ source: "/srv/bia/pg", target: "/var/lib/postgresql/data" }],
    });
  });
});

describe("a compose file", () => {
  const image = (text: string) => `services: { a: { image: ${JSON.stringify(text)} } }`;

  it.each([
    ["$A", "one"],
    ["${A}-${B:-two}", "one-two"],
    ["${EMPTY:-x}${EMPTY-y}${NONE-z}", "xz"],
    ["${A:+there}${EMPTY:+no}${NONE+no}", "there"],
    ["${NONE:-${A}}", "one"],
    ["$$A", "$A"],
    ["${A:?must be set}", "one"],
  ])("has its variables filled in: %s", async (text, filled) => {
    const { compose } = await bootWithCompose(image(text));
    expect((await compose("config --images", { env: { A: "one", EMPTY: "" } })).stdout).toBe(`${filled}\n`);
  });

  it("warns of a variable that is not set and has no default", async () => {
    const { compose } = await bootWithCompose(image("x${NONE}"));
    expect((await compose("config --images")).stderr).toMatch(
      /level=warning msg="The \\"NONE\\" variable is not set. Defaulting to a blank string."\n$/,
    );
  });

  it.each([
    [
      image("${NONE:?say which}"),
      "error while interpolating services.a.image: required variable NONE is missing a value: say which\n",
      1,
    ],
    [
      "services: { a: { image: x, command: [a, '${A'] } }",
      "invalid interpolation format for services.a.command.[].\nYou may need to escape any $ with another $.\n${A\n",
      1,
    ],
    ["services: [", /^yaml: line 1: /, 15],
    [
      "services: { a: { image: x, colour: red } }",
      "validating /srv/bia/compose.yml: services.a Additional property colour is not allowed\n",
      15,
    ],
    [
      "services: { a: { image: x, volumes: ['data:/data'] } }",
      'service "a" refers to undefined volume data: invalid compose project\n',
      15,
    ],
    [
      "services: { a: { image: x, depends_on: [b] } }",
      'service "a" depends on undefined service b: invalid compose project\n',
      15,
    ],
    [
      "services: { a: { image: x, depends_on: [b] }, b: { image: x, depends_on: [a] } }",
      "dependency cycle detected: a -> b -> a\n",
      15,
    ],
    [
      "services: { a: { ports: ['1:1'] } }",
      'service "a" has neither an image nor a build context specified: invalid compose project\n',
      15,
    ],
    ["services: { a: { image: x } }\nmodels: { m: {} }", /does not emulate the key models of a compose file/, 125],
    ["- a\n- b\n", "Top-level object must be a mapping\n", 15],
    ["", "empty compose file\n", 15],
    ["services: { a: { image: x, ports: ['x:80'] } }", "invalid hostPort: x\n", 15],
    ["services: { a: { image: x, ports: ['80:x'] } }", "invalid containerPort: x\n", 15],
    ["services: { a: { image: x, ports: ['80:'] } }", "no port specified: 80:<empty>\n", 15],
    [
      "services: { a: { image: x, ports: ['1-2:1-3'] } }",
      "invalid ranges specified for container and host Ports: 1-3 and 1-2\n",
      15,
    ],
    [
      "services: { a: { image: x, network_mode: host, networks: [default] } }",
      "service a declares mutually exclusive `network_mode` and `networks`: invalid compose project\n",
      15,
    ],
    [
      "services: { a: { build: { context: ., dockerfil: x } } }",
      "validating /srv/bia/compose.yml: services.a.build Additional property dockerfil is not allowed\n",
      15,
    ],
    [
      "services: { a: { image: x } }\nnetworks: { back: { driver: overlay } }",
      /does not emulate the network driver overlay/,
      125,
    ],
  ])("is refused: %s", async (file, words, exitCode) => {
    const { compose } = await bootWithCompose(file);
    const result = await compose("config");
    expect(result.stderr).toMatch(words);
    expect(result.exitCode).toBe(exitCode);
  });

  it.each([
    ["pid: host", /does not emulate the key services.a.pid of a compose file/],
    [
      "deploy: { replicas: 0 }",
      /does not emulate services.a.deploy.replicas: 0 \(give the service a profile instead\)/,
    ],
    [
      "network_mode: host",
      /does not emulate services.a.network_mode: host \(instead, publish its ports, .*localhost\)/,
    ],
    ["volumes: [{ type: npipe, target: /x }]", /does not emulate volumes of type npipe/],
    ["volumes: ['/var/run/docker.sock:/s']", /does not emulate the docker socket/],
  ])("is refused when it is to come up: %s", async (line, words) => {
    const { compose } = await bootWithCompose(`services:\n  a:\n    image: postgres:16\n    ${line}\n`);
    expect((await compose("config")).exitCode).toBe(0);
    expect(await compose("up -d")).toMatchObject({ stderr: expect.stringMatching(words), exitCode: 125 });
  });

  it("mounts folders and files of the project, and keeps apart what is in them", async () => {
    const { compose, engine } = await bootWithCompose(`
services:
  web:
    build: .
    volumes:
      - .:/app
      - /app/node_modules
      - ./nginx.conf:/etc/x.conf:ro
      - { type: bind, source: data, target: /data, read_only: true }
      - ~/keys:/keys
`);
    expect((await compose("up -d", { env: { HOME: "/root" } })).exitCode).toBe(0);
    expect(engine.containers.find("bia-web-1")?.spec).toMatchObject({
      anonymous: ["/app/node_modules"],
      binds: [
        { source: "/srv/bia", target: "/app" },
        { source: "/srv/bia/nginx.conf", target: "/etc/x.conf", readOnly: true },
        { source: "/srv/bia/data", target: "/data", readOnly: true },
        { source: "/root/keys", target: "/keys" },
      ],
    });
  });

  it("runs one container of a service of which there are to be more, and publishes its ports of TCP alone", async () => {
    const { compose, engine } = await bootWithCompose(`
services:
  web: { build: ., deploy: { replicas: 3 }, ports: ["3001:3000", "53:53/udp", { target: 99, published: 99, protocol: udp }] }
`);
    const { stderr, exitCode } = await compose("up -d --scale web=2");
    expect(exitCode).toBe(0);
    expect(stderr.match(/^bia-infra sandbox: .*$/gm)).toEqual([
      "bia-infra sandbox: without effect here: --scale web=2 (one container runs)",
      "bia-infra sandbox: without effect here: services.web.ports 53:53/udp, services.web.ports 99:99/udp, services.web.deploy.replicas (one container runs)",
    ]);
    expect(engine.containers.list().map(({ name }) => name)).toEqual(["bia-web-1"]);
    expect(engine.containers.find("bia-web-1")?.spec.ports).toEqual([{ containerPort: 3000, hostPort: 3001 }]);
    expect((await compose("up -d --scale web")).stderr).toContain(
      'invalid --scale option "web". Should be SERVICE=NUM',
    );
    expect((await compose("up -d --scale other=2")).stderr).toContain("no such service: other");
  });

  it("lets services stand still whose image the sandbox has not, whatever they want, and says it once", async () => {
    const { compose, engine } = await bootWithCompose(`
services:
  web: { build: ., depends_on: [redis], cap_add: [NET_ADMIN] }
  redis: { image: "redis:7", command: [redis-server, --save, ""], pid: host, ports: ["6379:6379/udp"] }
`);
    const { stderr, exitCode } = await compose("up -d");
    expect(exitCode).toBe(0);
    expect(stderr.match(/^bia-infra sandbox: .*$/gm)).toEqual([
      "bia-infra sandbox: it does not emulate the image redis:7: the service redis stands still here. On AWS it runs.",
      "bia-infra sandbox: without effect here: services.web.cap_add",
    ]);
    expect(engine.containers.list().map(({ name }) => name)).toEqual(["bia-web-1"]);
  });

  it("is refused where a service waits for the health of one that the sandbox has not, or nothing else is there", async () => {
    const waiting = `
services:
  web: { build: ., depends_on: { redis: { condition: service_healthy } } }
  redis: { image: "redis:7", healthcheck: { test: redis-cli ping } }
`;
    const { compose, machine } = await bootWithCompose(waiting);
    expect(await compose("up -d")).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining(
        "the image redis:7 of the service redis, for which the service web waits (service_healthy)",
      ),
    });
    await machine.run("cat > /srv/bia/compose.yml", { stdin: "services: { a: { image: nginx } }" });
    expect((await compose("up -d")).stderr).toContain("does not emulate the image nginx");
  });

  it("mounts secrets and configs of files for reading", async () => {
    const file = `
services:
  web:
    build: .
    secrets: [password, { source: key, target: /etc/key }]
    configs: [{ source: site, target: /etc/site.conf }, plain]
secrets: { password: { file: ./password.txt }, key: { file: keys/key } }
configs: { site: { file: site.conf }, plain: { file: /srv/plain } }`;
    const { compose, engine, machine } = await bootWithCompose(file);
    expect(await compose("up -d")).toMatchObject({ exitCode: 0 });
    expect(engine.containers.find("bia-web-1")?.spec.binds).toEqual([
      { source: "/srv/bia/password.txt", target: "/run/secrets/password", readOnly: true },
      { source: "/srv/bia/keys/key", target: "/etc/key", readOnly: true },
      { source: "/srv/bia/site.conf", target: "/etc/site.conf", readOnly: true },
      { source: "/srv/plain", target: "/plain", readOnly: true },
    ]);
    await machine.run("sed -i 's/plain: { file: .srv.plain }//' /srv/bia/compose.yml");
    expect((await compose("up -d")).stderr).toBe(
      'service "web" refers to undefined config plain: invalid compose project\n',
    );
  });

  it("tells of a key that stands twice where both are", async () => {
    const { compose } = await bootWithCompose(
      "services:\n  web:\n    image: postgres:16\n    ports: []\n    image: nginx\n",
    );
    expect(await compose("up -d")).toMatchObject({
      stderr: 'yaml: unmarshal errors:\n  line 5: mapping key "image" already defined at line 3\n',
      exitCode: 15,
    });
  });

  it("runs a command once in a container of its own, with what the service depends on", async () => {
    const { compose, engine } = await bootWithCompose(pair.replace("build: .", 'build: .\n    ports: ["3001:8080"]'));
    const running = compose("run --rm -e MODE=x --name once web npx sequelize 'db:migrate'");
    await expect.poll(() => engine.containers.find("bia-db-1")?.state.health?.status).toBe("starting");
    expect(engine.containers.find("once")).toBeUndefined();
    engine.become("bia-db-1", { health: { status: "healthy", failingStreak: 0, log: [] } });
    await expect.poll(() => engine.containers.find("once")?.state.status).toBe("running");
    const { spec } = engine.containers.find("once") ?? {};
    expect(spec).toMatchObject({ command: ["npx", "sequelize", "db:migrate"], env: { MODE: "x" } });
    expect(spec?.ports).toBeUndefined();
    engine.write("once", "migrated");
    engine.become("once", { status: "exited", exitCode: 3 });
    expect(await running).toMatchObject({ stdout: "migrated\n", exitCode: 3 });
    expect(engine.containers.find("once")).toBeUndefined();
    // The service's own container is another one.
    expect((await compose("run -d web sleep 1")).stdout).toMatch(/^bia-web-run-[0-9a-f]{12}\n$/);
    expect((await compose("ps -a --services")).stdout).toBe("db\n");
    expect((await compose("run nothing")).stderr).toBe("no such service: nothing\n");
  });

  it("pulls the images that it does not build", async () => {
    const { compose, engine } = await bootWithCompose(pair);
    expect(await compose("pull")).toMatchObject({
      exitCode: 0,
      stderr: " db  Pulling\n db  Pulled\n web  Skipped - No image to be pulled\n",
    });
    expect(await engine.images.find("postgres:16")).toBeDefined();
  });

  it("starts services of a profile only where that is asked for", async () => {
    const { compose, engine } = await bootWithCompose(`
services:
  web: { build: . }
  tool: { image: "postgres:16", profiles: [dev] }
  test: { build: ., profiles: [test], depends_on: [tool] }
`);
    await compose("up -d");
    expect(engine.containers.list()).toHaveLength(1);
    await compose("--profile dev up -d");
    expect(engine.containers.list()).toHaveLength(2);
    expect((await compose("--profile test up -d")).stderr).toBe(
      'service "tool" is required by "test" but is disabled. Can be enabled by profiles [dev]\n',
    );
    expect((await compose("up -d", { env: { COMPOSE_PROFILES: "test,dev" } })).exitCode).toBe(0);
    expect(engine.containers.list()).toHaveLength(3);
  });

  it("extends services of this file and of others", async () => {
    const { compose, machine, engine } = await bootWithCompose(`
services:
  base: { build: ., environment: { A: one, B: one }, profiles: [never] }
  web: { extends: base, environment: { B: two }, profiles: [] }
  db: { extends: { file: common.yml, service: database }, deploy: { resources: { limits: { memory: 512M } } } }
`);
    await machine.run("cat > /srv/bia/common.yml", {
      stdin: "services: { database: { image: 'postgres:16', extra_hosts: ['host.docker.internal:host-gateway'] } }",
    });
    expect((await compose("--profile never up -d")).stderr).toContain("Container bia-web-1  Started");
    expect(engine.containers.find("bia-web-1")?.spec.env).toEqual({ A: "one", B: "two" });
    expect(engine.containers.find("bia-db-1")?.spec).toMatchObject({
      memory: 2 ** 29,
      extraHosts: [{ name: "host.docker.internal", address: "host-gateway" }],
    });
  });

  it.each([
    ["{ a: { extends: b, image: x } }", 'cannot extend service "a": service "b" not found\n'],
    ["{ a: { extends: b }, b: { extends: a } }", /^circular reference: b -> a -> b\n/],
    ["{ a: { extends: { file: no.yml, service: a } } }", "open /srv/bia/no.yml: no such file or directory\n"],
  ])("is refused for what it extends: %s", async (services, words) => {
    const { compose } = await bootWithCompose(`services: ${services}`);
    expect((await compose("config")).stderr).toMatch(words);
  });

  it("of the course is understood: version, links, lists", async () => {
    const file = `
version: "3"
services:
  server:
    build: { context: ., args: [VITE_API_URL=http://x] }
    container_name: bia
    ports: ["3001:8080"]
    links: [database]
    environment: [DB_HOST=database, DB_USER]
    command: node "a b.js" --x
  database:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: postgres }`;
    const { compose, engine } = await bootWithCompose(file);
    expect(await compose("up -d", { env: { DB_USER: "me" } })).toMatchObject({ exitCode: 0 });
    expect(engine.builds[0]?.buildArgs).toEqual({ VITE_API_URL: "http://x" });
    expect(engine.containers.list().map(({ name }) => name)).toEqual(["bia", "bia-database-1"]);
    expect(engine.containers.find("bia")?.spec).toMatchObject({
      env: { DB_HOST: "database", DB_USER: "me" },
      command: ["node", "a b.js", "--x"],
    });
  });

  it("tells of its processes, ports, images and projects", async () => {
    const { compose, machine } = await bootWithCompose(await bia());
    await compose("up -d");
    expect((await compose("top server")).stdout).toMatch(
      /^bia\nUID +PID +PPID .*CMD\nroot +4711 .* node server.js\n\n$/,
    );
    expect((await compose("port server 8080")).stdout).toBe("0.0.0.0:3001\n");
    expect(await compose("port server 81")).toMatchObject({
      stderr: "no port 81/tcp for container bia\n",
      exitCode: 1,
    });
    expect((await compose("images server")).stdout).toMatch(/^CONTAINER +REPOSITORY .*\nbia +bia-server +latest /);
    expect(await stdoutOf(machine, "docker compose ls --format json")).toBe(
      '[{"Name":"bia","Status":"running(2)","ConfigFiles":"/srv/bia/compose.yml"}]',
    );
    expect(JSON.parse((await compose("config --format json")).stdout)).toMatchObject({ name: "bia" });
  });

  it("copies files into a service and out of it", async () => {
    const { compose, machine } = await bootWithCompose(await bia());
    await compose("up -d");
    await machine.run("echo hello > /srv/bia/hello.txt");
    expect(await compose("cp hello.txt server:/tmp/there.txt")).toMatchObject({ exitCode: 0, stderr: "" });
    await compose("cp server:/tmp/there.txt back.txt");
    expect(await stdoutOf(machine, "cat /srv/bia/back.txt")).toBe("hello");
  });

  it("ends with the first container that ends, and with its exit code, where one asks for that", async () => {
    const { compose, engine } = await bootWithCompose(
      "services: { db: { image: postgres:16 }, test: { image: postgres:16, depends_on: [db] } }",
    );
    const running = compose("up --exit-code-from test");
    await expect.poll(() => engine.containers.find("bia-test-1")?.state.status).toBe("running");
    engine.become("bia-test-1", { status: "exited", exitCode: 7 });
    expect((await running).exitCode).toBe(7);
    expect(engine.containers.list()).toEqual([]);
  });

  it("is not asked for where the plugin is missing", async () => {
    expect(await stdoutOf(await bootWithDocker(), "docker compose up || echo $?")).toBe("1");
  });
});

describe("a compose file that is wrong", () => {
  it.each([
    ["environment: { DB_PWD: { SECRET: null } }", "environment.DB_PWD must be a string, number, boolean or null"],
    ["environment: 5", "environment must be a mapping"],
    ["ports: 8201:8080", "ports must be a list"],
    ["ports: { 8201: 8080 }", "ports must be a list"],
    ["volumes: db:/data", "volumes must be a list"],
    ["depends_on: db", "depends_on must be a mapping"],
    ["links: db", "links must be a list"],
    ["healthcheck: curl localhost", "healthcheck must be a mapping"],
    ["command: { run: x }", "command must be a string"],
    ["container_name: [a]", "container_name must be a string"],
    ["build: [.]", "build must be a string"],
    ["networks: default", "networks must be a mapping"],
    ["env_file: { a: b }", "env_file must be a string"],
    ["build: { context: [a] }", "build.context must be a string"],
    ["build: { args: 1 }", "build.args must be a mapping"],
    ["build: { dockerfile: { a: b } }", "build.dockerfile must be a string"],
    ["entrypoint: { a: b }", "entrypoint must be a string"],
    ["command: [[a]]", "command[0] must be a string"],
    ["expose: 80", "expose must be a list"],
    ["labels: a", "labels must be a mapping"],
    ["restart: true", "restart must be a string"],
    ["working_dir: 5", "working_dir must be a string"],
    ["user: 1000", "user must be a string"],
    ["hostname: [a]", "hostname must be a string"],
    ["stop_signal: 9", "stop_signal must be a string"],
    ["stop_grace_period: 10", "stop_grace_period must be a string"],
    ["tty: 1", "tty must be a boolean or a string"],
    ["init: [true]", "init must be a boolean or a string"],
    ["profiles: dev", "profiles must be a list"],
    ["extra_hosts: { a: { b: c } }", "extra_hosts.a must be a string"],
    ["logging: json-file", "logging must be a mapping"],
    ["logging: { driver: 1 }", "logging.driver must be a string"],
    ["deploy: 2", "deploy must be a mapping"],
    ["deploy: { resources: { limits: { memory: 512 } } }", "deploy.resources.limits.memory must be a string"],
    ["depends_on: [1]", "depends_on[0] must be a string"],
    ["depends_on: { db: healthy }", "depends_on.db must be a mapping"],
    ["depends_on: { db: { condition: [a] } }", "depends_on.db.condition must be a string"],
    ["healthcheck: [CMD, x]", "healthcheck must be a mapping"],
    ["healthcheck: { test: { a: b } }", "healthcheck.test must be a string"],
    ["healthcheck: { interval: 5 }", "healthcheck.interval must be a string"],
    ["healthcheck: { retries: [3] }", "healthcheck.retries must be a number or a string"],
    ["ports: [[80]]", "ports[0] must be a number or a string"],
    ["ports: [{ target: [80] }]", "ports[0].target must be a number or a string"],
    ["volumes: [5]", "volumes[0] must be a string"],
    ["volumes: [{ source: db, target: /x }]", "volumes[0] type is required"],
    ["networks: [5]", "networks[0] must be a string"],
    ["networks: { default: { aliases: x } }", "networks.default.aliases must be a list"],
    ["colour: red", " Additional property colour is not allowed"],
  ])("is refused in compose's words: %s", async (line, words) => {
    const { compose } = await bootWithCompose(`services:\n  server:\n    image: httpd\n    ${line}\n`);
    const { stderr, exitCode } = await compose("config");
    expect(stderr).toBe(`validating /srv/bia/compose.yml: services.server.${words}\n`.replace("server. ", "server "));
    expect(exitCode).toBe(15);
  });

  it("never ends in an error of JavaScript and always ends, whatever stands in it", async () => {
    const keys = [
      "image",
      "build",
      "ports",
      "environment",
      "env_file",
      "depends_on",
      "volumes",
      "healthcheck",
      "networks",
    ];
    const more = ["command", "entrypoint", "links", "labels", "restart", "mem_limit", "stop_grace_period", "user"];
    const service = fc.dictionary(fc.constantFrom(...keys, ...more), fc.jsonValue({ maxDepth: 3 }));
    const file = fc.record(
      {
        services: fc.oneof(fc.dictionary(fc.constantFrom("web", "db"), service), fc.jsonValue()),
        volumes: fc.jsonValue(),
      },
      { requiredKeys: ["services"] },
    );
    const words = "services: web: image: build: ports: - [ ] { } &a *a <<: !x --- ' \" > | # ${A:-b} ${ $$".split(" ");
    const piece = fc.constantFrom(...words, "\n", "\n  ", "\n    ", "\t");
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 20 })
      .map((pieces) => pieces.join(" "));
    const { machine, compose } = await bootWithCompose("");
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          file.map((content) => JSON.stringify(content)),
          text,
        ),
        async (stdin) => {
          await machine.run("cat > /srv/bia/compose.yml", { stdin });
          const read = await compose("config");
          const ran =
            read.exitCode === 0 ? [await compose("up -d"), await compose("ps"), await compose("down -v")] : [];
          for (const { stdout, stderr } of [read, ...ran]) {
            expect(stdout + stderr).not.toMatch(
              /is not a function|undefined \(|Cannot read|not iterable|\[object Object\]|TypeError/,
            );
          }
        },
      ),
      { numRuns: 120, timeout: 20_000 },
    );
  }, 60_000);
});
