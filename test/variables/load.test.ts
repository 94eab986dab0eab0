import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  checkForTarget,
  load,
  type Problem,
  STACKS,
  type StackName,
  VariablesError,
} from "../../src/variables/index.ts";
import { ofBia } from "../support/of-bia.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "bia-variables-"));
  vi.stubEnv("XDG_CACHE_HOME", path.join(folder, "cache"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Writes a variables file and loads it by its path. */
async function loadSource(source: string, name = "vars.ts", stack?: StackName) {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), source);
  return load(name, folder, stack);
}

function loadValues(values: unknown) {
  return loadSource(JSON.stringify(values), "vars.json");
}

/** The error of a load that must fail. */
async function failure(loading: Promise<unknown>): Promise<VariablesError> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof VariablesError)) throw new Error("the load did not fail as it should", { cause: error });
  return error;
}

async function problems(values: unknown): Promise<readonly Problem[]> {
  return (await failure(loadValues(values))).problems;
}

describe("where variables come from", () => {
  it("are the defaults when there is no file", async () => {
    const { variables, path } = await load(undefined, folder);
    expect(path).toBeUndefined();
    expect(ofBia(variables).devMachine.instanceType).toBe("t3.micro");
    expect(ofBia(variables).targetGroup.healthCheck).toEqual({
      path: "/",
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      timeout: 4,
      interval: 5,
      successCodes: "200-299",
    });
  });

  it("come from config/bia.ts of the working directory when it is there", async () => {
    await loadSource(`export default { devMachine: { name: "mine" } }`, "config/bia.ts");
    const { variables, path: file } = await load(undefined, folder);
    expect(ofBia(variables).devMachine.name).toBe("mine");
    expect(file).toBe(path.join(folder, "config", "bia.ts"));
  });

  it("come from the named file rather than from config/bia.ts", async () => {
    await loadSource(`export default { devMachine: { name: "mine" } }`, "config/bia.ts");
    const { variables } = await loadSource(`export default { devMachine: { name: "other" } }`, "other.ts");
    expect(ofBia(variables).devMachine.name).toBe("other");
  });

  it("may import bia-infra from a folder where nothing is installed", async () => {
    const { variables } = await loadSource(`
      import { defineVariables } from "bia-infra";
      export default defineVariables({});`);
    expect(variables).toEqual((await load(undefined, path.join(folder, "empty"))).variables);
  });

  it("may be computed, and split over files", async () => {
    await writeFile(path.join(folder, "team.ts"), `export const name: string = "team";`);
    const { variables } = await loadSource(`
      import { name } from "./team.ts";
      export default { devMachine: { name: name + "-dev" } };`);
    expect(ofBia(variables).devMachine.name).toBe("team-dev");
  });

  it("may be JSON, with a $schema for the editor", async () => {
    const { variables } = await loadValues({ $schema: "./bia.schema.json", database: { backupRetention: 0 } });
    expect(ofBia(variables).database.backupRetention).toBe(0);
  });

  it("name folders as seen from the file, wherever the command runs", async () => {
    const { variables } = await loadSource(`export default { app: { source: "../my-app" } };`, "config/bia.ts");
    expect(ofBia(variables).app.source).toBe(path.join(folder, "my-app"));
  });

  it("are read anew when the file changed", async () => {
    await loadSource(`export default { region: "us-east-1" }`);
    const { variables } = await loadSource(`export default { region: "sa-east-1" }`);
    expect(variables.region).toBe("sa-east-1");
  });

  it("leave compiled code only in a folder that nobody else can write to", async () => {
    await loadSource(`export default {}`);
    expect((await stat(path.join(folder, "cache", "bia-infra"))).mode & 0o777).toBe(0o700);
  });

  it("are read where no cache can be written", async () => {
    vi.stubEnv("XDG_CACHE_HOME", path.join(folder, "vars.ts"));
    expect((await loadSource(`export default { region: "sa-east-1" }`)).variables.region).toBe("sa-east-1");
  });
});

describe("a file that cannot be used at all", () => {
  it("is not there", async () => {
    const { message } = await failure(load("nowhere.ts", folder));
    expect(message).toContain("nowhere.ts cannot be used:\n\n  there is no such file");
    expect(message).toContain(path.join(folder, "nowhere.ts"));
  });

  it("is a folder", async () => {
    expect((await failure(load(".", folder))).message).toContain("it is a folder");
  });

  it("cannot be read", async () => {
    await symlink("vars.ts", path.join(folder, "vars.ts"));
    expect((await failure(load("vars.ts", folder))).message).toContain("it cannot be read (ELOOP");
  });

  it("has a syntax error, named with its line", async () => {
    const loading = loadSource(`export default {\n  region: "us-east-1"\n  target: "aws",\n};`);
    expect((await failure(loading)).problems[0]?.problem).toBe('vars.ts:3: Unexpected token, expected ","');
  });

  it("is JSON with a syntax error, named with its line", async () => {
    const loading = loadSource(`{\n  "region": "us-east-1",\n}`, "vars.json");
    expect((await failure(loading)).problems[0]?.problem).toMatch(/^vars\.json:3: Expected double-quoted/);
  });

  it("throws while it is read, named with the line that threw", async () => {
    const loading = loadSource(
      `const region: string =\n  process.env.NOT_SET_ANYWHERE!.trim();\nexport default { region };`,
    );
    expect((await failure(loading)).problems[0]?.problem).toBe(
      "vars.ts:2: Cannot read properties of undefined (reading 'trim')",
    );
  });

  it("imports what is not there", async () => {
    const loading = loadSource(`import { x } from "./gone.ts";\nexport default { region: x };`);
    expect((await failure(loading)).problems[0]?.problem).toMatch(/^vars\.ts:1: Cannot find module '\.\/gone\.ts'$/);
  });

  it("exports nothing by default", async () => {
    const { message } = await failure(loadSource(`export const variables = {};`));
    expect(message).toContain("it exports no variables");
    expect(message.split("\n").at(-1)).toContain("export default defineVariables({ ... })");
  });

  it.each([["null"], ["5"], ['"text"'], ["[]"], ["() => ({})"]])("exports %s instead of variables", async (value) => {
    const [problem] = (await failure(loadSource(`export default ${value};`))).problems;
    expect(problem?.path).toBe("");
    expect(problem?.allowed).toContain("a group { stack, target, region");
  });
});

describe("values that are not allowed", () => {
  it("are all reported at once, each with its path, its value and what is allowed", async () => {
    const { message } = await failure(
      loadValues({
        devMachine: { securityGroup: { ingress: [{ port: 70_000, cidr: "300.0.0.0/8" }] } },
        database: { storage: { size: 5 } },
      }),
    );
    expect(message).toBe(
      [
        "vars.json cannot be used:",
        "",
        "  devMachine.securityGroup.ingress[0].port",
        "    is 70000; allowed: a port from 1 to 65535",
        "  devMachine.securityGroup.ingress[0].cidr",
        '    is "300.0.0.0/8"; allowed: an IPv4 range such as 0.0.0.0/0 (everybody) or 203.0.113.7/32 (one address)',
        "  database.storage.size",
        "    is 5; allowed: a whole number of GiB from 20 to 65536",
        "",
        "3 problems; nothing was changed. Correct vars.json, then run: bia-infra validate --config vars.json",
      ].join("\n"),
    );
  });

  it("include a required value that is missing", async () => {
    expect(await problems({ loadBalancer: { securityGroup: { ingress: [{ cidr: "0.0.0.0/0" }] } } })).toEqual([
      {
        path: "loadBalancer.securityGroup.ingress[0].port",
        problem: "missing",
        allowed: "a port from 1 to 65535",
      },
    ]);
  });

  it("include a group that is no group", async () => {
    expect(await problems({ targetGroup: { healthCheck: null } })).toEqual([
      {
        path: "targetGroup.healthCheck",
        problem: "is null",
        allowed: "a group { path, healthyThreshold, unhealthyThreshold, timeout, interval, successCodes }",
      },
    ]);
  });

  it("include a word that is not one of a few, with the likely one", async () => {
    expect(await problems({ target: "asw" })).toEqual([
      { path: "target", problem: 'is "asw"', allowed: "one of sandbox, aws", didYouMean: "aws" },
    ]);
  });

  it("include a stack that is not known", async () => {
    expect(await problems({ stack: "biia", region: "nowhere" })).toEqual([
      { path: "stack", problem: 'is "biia"', allowed: "one of bia, retail", didYouMean: "bia" },
    ]);
  });
});

describe("names that are not known", () => {
  it("get the likely name of the same group", async () => {
    expect(await problems({ devMachine: { instancetype: "t3.micro" } })).toEqual([
      { path: "devMachine.instancetype", problem: "unknown name", didYouMean: "instanceType" },
    ]);
  });

  it("get the groups in which they would be known", async () => {
    expect(await problems({ desiredCount: 2 })).toEqual([
      { path: "desiredCount", problem: "unknown name", didYouMean: "service.desiredCount" },
    ]);
  });

  it("get the names that there are, when none is near", async () => {
    expect(await problems({ repository: { zzzzzz: 1 } })).toEqual([
      { path: "repository.zzzzzz", problem: "unknown name", allowed: "name, imageTag" },
    ]);
  });

  it("do not show their values, which may be secrets", async () => {
    const { message } = await failure(loadValues({ database: { password: "hunter2-hunter2" } }));
    expect(message).toContain("database.password");
    expect(message).not.toContain("hunter2");
  });

  it("are written so that odd ones can be found", async () => {
    expect((await problems({ domain: { "my domain": 1 } }))[0]?.path).toBe('domain["my domain"]');
  });
});

describe("rules over several values", () => {
  const retail = (values: object) => ({ stack: "retail", ...values });

  it.each([
    [
      "a health check that outlasts its interval",
      { targetGroup: { healthCheck: { timeout: 15 } } },
      "targetGroup.healthCheck.timeout",
    ],
    [
      "more instances wanted than allowed",
      { autoScalingGroup: { desiredCapacity: 3 } },
      "autoScalingGroup.desiredCapacity",
    ],
    ["fewer instances allowed than needed", { autoScalingGroup: { minSize: 3 } }, "autoScalingGroup.minSize"],
    ["more tasks than instances to carry them", { service: { desiredCount: 3 } }, "service.desiredCount"],
    ["a rollout that can replace no task", { service: { minimumHealthyPercent: 100 } }, "service.maximumPercent"],
    ["swap that fills the disk", { devMachine: { swapSize: 8 } }, "devMachine.swapSize"],
    [
      "a Graviton machine with an Intel image",
      { devMachine: { instanceType: "t4g.micro" } },
      "devMachine.imageParameter",
    ],
    ["cluster instances likewise", { launchTemplate: { instanceType: "m7g.large" } }, "launchTemplate.imageParameter"],
    ["a zone twice", { network: { zones: ["a", "a"] } }, "network.zones"],
    ["a single zone", { network: { zones: ["a"] } }, "network.zones"],
    ["one role for two purposes", retail({ roles: { task: "retailStoreEcsTaskExecutionRole" } }), "roles.task"],
    [
      "two groups of one name, whatever its capitals",
      retail({ ui: { securityGroup: { name: "Retail-Store-ECS-ALB" } } }),
      "ui.securityGroup.name",
    ],
    [
      "the database's group likewise",
      retail({ catalog: { database: { securityGroup: { name: "retail-store-ecs-catalog-task" } } } }),
      "ui.securityGroup.name",
    ],
    ["a size that Fargate does not have", retail({ ui: { cpu: 256, memory: 4096 } }), "ui.memory"],
    ["a step that Fargate does not have", retail({ ui: { memory: 2560 } }), "ui.memory"],
    ["the shop's health check likewise", retail({ ui: { targetGroup: { timeout: 5 } } }), "ui.targetGroup.timeout"],
    ["fewer tasks at most than at least", retail({ autoscaling: { min: 11 } }), "autoscaling.max"],
    [
      "more than all of the CPU",
      retail({ autoscaling: { metric: "ECSServiceAverageCPUUtilization" } }),
      "autoscaling.targetValue",
    ],
  ])("refuse %s", async (_, values, path) => {
    expect((await problems(values)).map((problem) => problem.path)).toContain(path);
  });

  it("say the default that does not fit, where nothing was written", async () => {
    expect(await problems({ devMachine: { instanceType: "t4g.micro" } })).toMatchObject([
      { problem: expect.stringMatching(/^is ".*x86_64" by default$/) },
    ]);
  });

  it("are reported beside wrong values elsewhere in the file and in the same group", async () => {
    const paths = (await problems({ service: { desiredCount: 3, name: "" }, region: "mars" })).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["region", "service.name", "service.desiredCount"]));
  });

  it("accept values that fit together", async () => {
    const { variables } = await loadValues({
      autoScalingGroup: { minSize: 1, maxSize: 4, desiredCapacity: 3 },
      service: { desiredCount: 4, minimumHealthyPercent: 100, maximumPercent: 200 },
    });
    expect(ofBia(variables).service.desiredCount).toBe(4);
    const autoscaling = { min: 10, metric: "ECSServiceAverageMemoryUtilization", targetValue: 100 };
    const ui = { cpu: 256, memory: 512, targetGroup: { timeout: 5, interval: 6 } };
    expect((await loadValues(retail({ autoscaling, ui }))).variables).toMatchObject({ autoscaling, ui });
  });
});

it.each(STACKS)("the variables file that ships for %s is valid and changes nothing", async (stack) => {
  const shipped = path.resolve(import.meta.dirname, `../../config/${stack}.ts`);
  expect((await load(shipped)).variables).toEqual((await load(undefined, folder, stack)).variables);
});

describe("a stack that is asked for", () => {
  it("has the file of its name, and else its defaults", async () => {
    expect((await load(undefined, folder, "retail")).variables).toMatchObject({ stack: "retail", target: "sandbox" });
    await loadSource(`export default { network: { nat: "none" } }`, "config/retail.ts", "retail");
    expect((await load(undefined, folder, "retail")).variables).toMatchObject({ network: { nat: "none" } });
    expect((await load(undefined, folder)).variables.stack).toBe("bia");
  });

  it("is that of a file that names none", async () => {
    const { variables } = await loadSource(`export default { network: { nat: "none" } }`, "vars.ts", "retail");
    expect(variables.stack).toBe("retail");
  });

  it("is not that of a file that names another", async () => {
    await loadSource(`export default { stack: "bia" }`);
    const { message } = await failure(load("vars.ts", folder, "retail"));
    expect(message).toContain('stack\n    is "bia"; allowed: retail, which --stack asks for');
  });

  it("has to be one that there is", async () => {
    const { problems: found } = await failure(load(undefined, folder, "retial"));
    const allowed = "one of bia, retail";
    expect(found).toEqual([{ path: "stack", problem: 'is "retial"', allowed, didYouMean: "retail" }]);
  });
});

describe("the network of the retail stack", () => {
  const zone = (letter: string, open: string, closed: string) => ({ zone: letter, public: open, private: closed });
  const found = (network: unknown) => problems({ stack: "retail", network });

  it("has its subnets inside of the VPC, and each with addresses of its own", async () => {
    const vpc = { cidr: "10.1.0.0/16" };
    expect(await found({ vpc })).toMatchObject([
      { path: "network.zones", allowed: expect.stringMatching(/inside network\.vpc\.cidr/) },
    ]);
    const zones = [zone("a", "10.0.0.0/24", "10.0.3.0/24"), zone("b", "10.0.0.128/25", "10.0.4.0/24")];
    expect(await found({ zones })).toMatchObject([
      { path: "network.zones", allowed: expect.stringMatching(/no address in common/) },
    ]);
  });

  it("takes ranges that EC2 takes, and says which was meant", async () => {
    expect(await found({ vpc: { cidr: "10.0.0.7/16" } })).toMatchObject([
      { path: "network.vpc.cidr", didYouMean: "10.0.0.0/16" },
    ]);
    expect(await found({ vpc: { cidr: "10.0.0.0/8" } })).toMatchObject([
      { path: "network.vpc.cidr", allowed: expect.stringMatching(/from \/16 to \/28/) },
    ]);
  });

  it("is in two zones at least, and twice in none", async () => {
    const one = zone("a", "10.0.0.0/24", "10.0.3.0/24");
    const again = zone("a", "10.0.1.0/24", "10.0.4.0/24");
    for (const zones of [[one], [one, again]]) {
      expect(await found({ zones })).toMatchObject([
        { path: "network.zones", allowed: expect.stringMatching(/2 to 6 zones/) },
      ]);
    }
  });
});

describe("what a task finds in its environment", () => {
  it("has no name twice, and none that the stack sets itself", async () => {
    const of = async (container: object) =>
      (await problems({ taskDefinition: { container } })).map(({ path, allowed }) => [path, allowed]);
    const others = "other names than VERSAO_API and DB_PWD, which the stack sets";
    expect(await of({ environment: { VERSAO_API: "1" }, secrets: { DB_PWD: "/loja/pwd" } })).toEqual([
      ["taskDefinition.container.environment", others],
      ["taskDefinition.container.secrets", others],
    ]);
    expect(await of({ environment: { LOG: "debug" }, secrets: { LOG: "/loja/log" } })).toEqual([
      ["taskDefinition.container.secrets", "names that environment does not have, too"],
    ]);
    expect(await of({ secrets: { "A-B": "/loja/a", TOKEN: "loja/token" } })).toEqual([
      ['taskDefinition.container.secrets["A-B"]', "names of letters, digits and _, no digit first"],
      ["taskDefinition.container.secrets.TOKEN", expect.stringContaining("the name of an SSM parameter")],
    ]);
  });
});

describe("a stack without a load balancer", () => {
  it("has the defaults of the course's aula 2", async () => {
    const { variables } = await loadValues({ loadBalancer: false });
    expect(variables).toMatchObject({
      loadBalancer: false,
      cluster: { name: "cluster-bia", containerInsights: "enabled" },
      launchTemplate: { securityGroup: { name: "bia-web-teste", ingress: [{ port: 80, cidr: "0.0.0.0/0" }] } },
      autoScalingGroup: { minSize: 1, maxSize: 1, desiredCapacity: 1 },
      taskDefinition: { family: "task-def-bia", container: { hostPort: 80, containerPort: 8080 } },
      service: {
        name: "service-bia",
        desiredCount: 1,
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        whenFailing: "rollback",
      },
    });
  });

  it("keeps what was written", async () => {
    const { variables } = await loadValues({ loadBalancer: false, service: { name: "mine" }, region: "sa-east-1" });
    expect(variables).toMatchObject({ region: "sa-east-1", service: { name: "mine", desiredCount: 1 } });
  });

  it("has its problems reported as any other", async () => {
    expect(
      await problems({ loadBalancer: false, service: { desiredCont: 1 }, devMachine: { appPort: 70_000 } }),
    ).toEqual([
      expect.objectContaining({ path: "devMachine.appPort", problem: "is 70000" }),
      expect.objectContaining({ path: "service.desiredCont", didYouMean: "desiredCount" }),
    ]);
  });

  it("has no domain, whose certificate would have no place", async () => {
    expect(await problems({ loadBalancer: false, domain: { name: "example.com.br" } })).toEqual([
      expect.objectContaining({ path: "domain.name", allowed: expect.stringContaining("load balancer") }),
    ]);
  });
});

describe("a domain", () => {
  const named = (name: string) => loadValues({ domain: { name } });

  it("that nobody can own is refused on aws, where its certificate would wait for ever", async () => {
    const { variables, path } = await named("bia.test");
    const refused = await failure((async () => checkForTarget(variables, "aws", path))());
    expect(refused.problems).toEqual([expect.objectContaining({ path: "domain.name", problem: 'is "bia.test"' })]);
  });

  it("that nobody can own is as good as any on the sandbox", async () => {
    expect(checkForTarget((await named("bia.test")).variables, "sandbox", undefined)).toBeUndefined();
  });

  it("of one's own is welcome on aws", async () => {
    expect(checkForTarget((await named("pedroheeger.dev.br")).variables, "aws", undefined)).toBeUndefined();
  });
});

describe("what AWS would refuse half way", () => {
  it("is a host that makes the certificate's name longer than 64 characters", async () => {
    const name = `${"a".repeat(57)}.com`;
    expect(ofBia((await loadValues({ domain: { name, host: "ww" } })).variables).domain.host).toBe("ww");
    expect(await problems({ domain: { name, host: "www" } })).toMatchObject([
      { path: "domain.name", allowed: expect.stringContaining("at most 64 characters together with domain.host") },
    ]);
    expect(await problems({ domain: { host: "w".repeat(56) } })).toMatchObject([{ path: "domain.host" }]);
  });

  it("is an ampersand in the description of a rule for the members of a group, and only there", async () => {
    const description = "web & app";
    await loadValues({ database: { securityGroup: { description } } });
    expect(await problems({ database: { securityGroup: { fromCluster: description } } })).toMatchObject([
      { path: "database.securityGroup.fromCluster" },
    ]);
    expect(await problems({ launchTemplate: { securityGroup: { fromLoadBalancer: description } } })).toHaveLength(1);
  });

  it("is a name of a security group that another one has in other capitals", async () => {
    const securityGroup = { name: "BIA-DEV" };
    expect(await problems({ database: { securityGroup } })).toMatchObject([{ path: "database.securityGroup.name" }]);
    expect(await problems({ loadBalancer: false, database: { securityGroup } })).toHaveLength(1);
  });

  it.each(["default", "Default", "SG-web", " web", "web "])("is the name %j of a security group", async (name) => {
    expect(await problems({ devMachine: { securityGroup: { name } } })).toHaveLength(1);
  });
});

describe("the app's source in a variables file", () => {
  const SECRET = "hunter2-TOKEN";

  it.each([
    [{ git: `https://ana:${SECRET}@example.org/a/b` }, "app.source.git", "https://example.org/a/b"],
    [{ git: `https://${SECRET}@example.org/a/b` }, "app.source.git", "https://example.org/a/b"],
    [{ git: `https://example.org/a/b?private_token=${SECRET}` }, "app.source.git", "https://example.org/a/b"],
    [{ git: `ssh://ana:${SECRET}@example.org/a/b` }, "app.source.git", "https://example.org/a/b"],
    [`https://ana:${SECRET}@example.org/a/b`, "app.source", undefined],
    [{ url: `https://ana:${SECRET}@example.org/a/b` }, "app.source.git", undefined],
  ])("never shows the secret that it carries, and says what would do: %j", async (source, path, didYouMean) => {
    const error = await failure(loadValues({ app: { source } }));
    expect(`${error.message}${JSON.stringify(error.problems)}`).not.toContain(SECRET);
    expect(error.problems).toContainEqual(expect.objectContaining({ path, ...(didYouMean && { didYouMean }) }));
  });

  it("says the rule of the value that was meant, not of both that there are", async () => {
    const [ofGit] = await problems({ app: { source: { git: "http://example.org/a" } } });
    expect(ofGit?.allowed).toBe("an https URL of a git repository, without a user or a password");
    expect(await problems({ app: { source: { git: "git@example.org:a/b.git" } } })).toMatchObject([
      { path: "app.source.git", didYouMean: "https://example.org/a/b.git" },
    ]);
    expect(await problems({ app: { source: { git: "https://example.org/a", branch: "x" } } })).toMatchObject([
      { path: "app.source.branch", problem: "unknown name" },
    ]);
    expect(await problems({ app: { source: { git: "https://example.org/a", ref: "--x" } } })).toMatchObject([
      { path: "app.source.ref", allowed: "a branch, a tag or a whole commit id" },
    ]);
    expect(await problems({ app: { source: 5 } })).toMatchObject([
      { allowed: "the path of a folder, or { git, ref }" },
    ]);
  });

  it.skipIf(process.platform === "win32")("is no path of Windows elsewhere", async () => {
    expect(await problems({ app: { source: "C:\\app\\bia" } })).toMatchObject([
      { path: "app.source", didYouMean: "/mnt/c/app/bia" },
    ]);
  });

  it("may begin in the person's home", async () => {
    const { variables } = await loadValues({ app: { source: "~/bia" } });
    expect(ofBia(variables).app.source).toBe(path.join(homedir(), "bia"));
  });

  it("is not shown by a file that cannot be read as what it is", async () => {
    const json = await failure(loadSource(`{ "git": "https://ana:${SECRET}@x/y" oops`, "vars.json"));
    expect(json.message).not.toContain(SECRET);
    const thrown = await failure(loadSource(`throw new Error("no https://ana:${SECRET}@x/y")`));
    expect(thrown.message).not.toContain(SECRET);
  });
});

describe("a variables file as editors of Windows write it", () => {
  it.each(["vars.json", "vars.ts"])("is taken with a byte order mark: %s", async (name) => {
    const body = `{ "devMachine": { "name": "mine" } }`;
    const { variables } = await loadSource(`\uFEFF${name.endsWith("ts") ? `export default ${body}` : body}`, name);
    expect(ofBia(variables).devMachine.name).toBe("mine");
  });

  it.each([
    ["little-endian", Buffer.from("\uFEFF{}", "utf16le")],
    ["big-endian", Buffer.from("\uFEFF{}", "utf16le").swap16()],
    ["without a mark", Buffer.from("{}", "utf16le")],
  ])("is told to be UTF-16 (%s)", async (_, bytes) => {
    await writeFile(path.join(folder, "vars.json"), bytes);
    const { message } = await failure(load("vars.json", folder));
    expect(message).toContain("it is UTF-16");
    expect(message).toContain("Save it as UTF-8");
  });
});
