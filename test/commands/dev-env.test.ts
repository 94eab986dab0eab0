import { createHash } from "node:crypto";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { execute } from "../../src/remote/execute.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { bareEnvironment, reportOf, startCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { clientsOf, instanceIdOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

const SECRET = 's3cr$t "and" it\'s\nmore #1\\';
const COMPOSE = `services:
  server:
    build: .
    container_name: bia
    env_file: .env
    environment:
      LEVEL_OF_COMPOSE: \${LOG_LEVEL}
    ports:
      - "\${APP_PORT:-3001}:8080"
`;

let folder = "";
let port = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bia-dev-env-"));
  await cp(path.resolve(import.meta.dirname, "../support/tiny-app"), path.join(folder, "app"), { recursive: true });
  await writeFile(path.join(folder, "app", "compose.yml"), COMPOSE);
  port = await freePort();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function variables(app: object) {
  const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
  const text = JSON.stringify({ app: { source: "./app", ...app }, devMachine });
  await writeFile(path.join(folder, "bia.ts"), `export default ${text};\n`);
}

function commandLineOn({ endpoint, keys }: RunningSandbox) {
  const env = bareEnvironment({
    BIA_TARGET: "aws",
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  });
  return async (args: string, stdin = "") => {
    const { child, ended } = startCli([...args.split(" "), "--config", "bia.ts"], env, folder, "pipe");
    child.stdin?.end(stdin);
    return ended;
  };
}

async function onMachine(sandbox: RunningSandbox, script: string): Promise<string> {
  const clients = clientsOf(sandbox);
  const instanceId = await instanceIdOn(sandbox);
  const { stdout } = await execute(clients, { instanceId, comment: "test", script }, new AbortController().signal);
  clients.close();
  return stdout;
}

describe("the environment of the app on the work machine", { timeout: 120_000 }, () => {
  it("is the variables' values and the secrets that were set, which are readable nowhere else", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const bia = commandLineOn(sandbox);

    await variables({});
    expect(await bia("dev env set API_KEY", SECRET)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Add `env: {}` to app"),
    });
    await variables({ env: { LOG_LEVEL: "debug" } });
    expect(await bia("dev env set API_KEY=x")).toMatchObject({ code: 2 });
    expect(await bia("dev env set API_KEY", "\n")).toMatchObject({ code: 2 });

    // Before there is a machine.
    const set = await bia("dev env set API_KEY", `${SECRET}\n`);
    expect(set).toMatchObject({ code: 0, stdout: "" });
    await bia("dev env set OTHER", "other");
    expect(await bia("dev env list")).toMatchObject({ code: 0, stdout: "API_KEY\nOTHER\n" });

    const refused = await bia("create --stage 1 --yes --json");
    expect(reportOf(refused).exitCode).toBe(1);
    expect(refused.stdout).toContain("Put a line `.env` into the .dockerignore");
    await writeFile(path.join(folder, "app", ".dockerignore"), ".env\n");
    const up = await bia("create --stage 1 --yes --json");
    expect(reportOf(up)).toMatchObject({ exitCode: 0 });
    const others = `docker exec bia sh -c 'echo "$OTHER,$LOG_LEVEL,$LEVEL_OF_COMPOSE"'`;
    expect(await onMachine(sandbox, others)).toBe("other,debug,debug\n");
    // What a command prints is kept, so the secret itself is not printed.
    const hashed = "docker exec bia sh -c 'printf %s \"$API_KEY\"' | sha256sum";
    const hash = createHash("sha256").update(SECRET).digest("hex");
    expect(await onMachine(sandbox, hashed)).toContain(hash);
    expect(await onMachine(sandbox, "stat -c '%a %U' /home/ec2-user/bia/.env")).toBe("600 ec2-user\n");

    // A person's own lines stay, and what was taken away goes.
    await onMachine(sandbox, "echo OWN=mine >> /home/ec2-user/bia/.env");
    await bia("dev env unset OTHER");
    const again = await bia("dev up --json");
    expect(reportOf(again)).toMatchObject({ exitCode: 0 });
    expect(await onMachine(sandbox, `docker exec bia sh -c 'echo "$OTHER,$OWN"'`)).toBe(",mine\n");
    expect(await onMachine(sandbox, hashed)).toContain(hash);
    expect(reportOf(await bia("dev up --json"))).toMatchObject({ exitCode: 0, calls: { changing: 0 } });

    // Without an environment in the variables our lines go, and theirs stay.
    await variables({});
    expect(reportOf(await bia("dev up --json"))).toMatchObject({ exitCode: 0 });
    expect(await onMachine(sandbox, "cat /home/ec2-user/bia/.env")).toBe("OWN=mine\n");
    await variables({ env: { LOG_LEVEL: "debug" } });
    expect(reportOf(await bia("dev up --json"))).toMatchObject({ exitCode: 0 });

    const { ssm } = sandbox.world.region("us-east-1");
    const told = JSON.stringify([set, refused, up, again, ssm.commands.all(), ssm.invocations.all()]);
    expect(told).not.toContain("s3cr");
    const grep = "find /var/lib/bia-infra /var/log /usr/local /etc /home /tmp -type f | xargs grep -lF 's3c'r || true";
    expect(await onMachine(sandbox, grep)).toBe("/home/ec2-user/bia/.env\n");
    expect(await onMachine(sandbox, "docker run --rm bia-server sh -c 'ls -a | grep -c env || true'")).toBe("0\n");

    // The secrets go with the stack, also when its variables do without them by then.
    await variables({});
    const destroyed = await bia("destroy --all --yes --json");
    expect(reportOf(destroyed)).toMatchObject({ exitCode: 0 });
    expect(destroyed.stdout).not.toContain("s3cr");
    expect(ssm.parameters.all()).toEqual([]);
  });
});
