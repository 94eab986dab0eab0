import { ListTasksCommand } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, type CliResult, runCli } from "../support/cli.ts";
import { type StackUp, stackUp, takeDown } from "../support/stack-up.ts";

const POLICIES = ["service-role/AmazonEC2ContainerServiceforEC2Role", "AmazonSSMManagedInstanceCore"];

/** Of the machines that tasks run on. */
const withPolicies = (managedPolicies: readonly string[]) => ({ launchTemplate: { role: { managedPolicies } } });

/** On one stack, which no test changes for good. */
describe("exec", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp(withPolicies(POLICIES));
  }, 120_000);
  afterAll(() => takeDown(up));

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, up.env, up.folder);

  it("runs in the container, word by word, and forwards both streams and the exit code", async () => {
    const script = 'console.log(process.env.DB_HOST, process.argv[1]); console.error("$HOME"); process.exit(7)';
    const { code, stdout, stderr } = await bia("exec", "--", "node", "-e", script, "it's `one` word");
    expect(code, stderr).toBe(7);
    expect(stdout).toMatch(/^\S+\.rds\.\S+ it's `one` word\n$/);
    expect(stderr).toContain("$HOME");
  });

  it("goes to the task that is named, of the service that is named", async () => {
    const { taskArns = [] } = await up.aws.ecs.send(new ListTasksCommand({ cluster: "cluster-bia-alb" }));
    const id = taskArns[0]?.split("/").at(-1) ?? "";
    expect(await bia("exec", "service-bia-alb", "--task", id.slice(0, 8), "--", "true")).toMatchObject({ code: 0 });
    const other = await bia("exec", "--task", "ffffffff-none", "--", "true");
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain(`no task ffffffff-none of service service-bia-alb runs\nThere is: `);
    const container = await bia("exec", "--container", "sidecar", "--", "true");
    expect(container.stderr).toMatch(/^no container sidecar runs in task \w+\nThere is: bia\.\n$/m);
    const service = await bia("exec", "web", "--", "true");
    expect(service.stderr).toContain("there is no service web in cluster cluster-bia-alb");
  });
});

describe("exec, where the machines' role has what the ECS agent needs and no more", { timeout: 60_000 }, () => {
  let up: StackUp;
  beforeAll(async () => {
    up = await stackUp(withPolicies(POLICIES.slice(0, 1)));
  }, 120_000);
  afterAll(() => takeDown(up));

  it("says which policy is missing and where to write it", async () => {
    const { code, stdout, stderr } = await runCli(["exec", "--", "true"], up.env, up.folder);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^the task's machine i-\w+ takes no commands: its SSM agent is not connected/m);
    expect(stderr).toContain(
      "Its role needs the policy AmazonSSMManagedInstanceCore: add that to launchTemplate.role.managedPolicies in the variables",
    );
  });
});

it("exec without a command is refused before any call", async () => {
  const none = await runCli(["exec"], bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" }));
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("say what to run, after --: bia-infra exec -- ls");
});
