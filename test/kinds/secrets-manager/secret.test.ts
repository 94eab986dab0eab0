import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { secret } from "../../../src/kinds/secrets-manager/secret.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const SecretId = "retail-store-ecs-catalog-db";
const only = "secret";
const desired = { name: SecretId, members: { username: "root" }, generated: "password", length: 10 };
const stack: Stack = {
  name: "retail",
  stages: [
    {
      name: "1",
      title: "a secret",
      tasks: [task(only, `secret ${SecretId}`, secret, desired)],
      outputs: {},
      costs: [],
    },
  ],
};

describeContract({
  task: only,
  stack,
  drifts: {
    "a name that is scheduled for deletion": {
      field: /^restoration$/,
      make: ({ secretsManager }) => secretsManager.send(new DeleteSecretCommand({ SecretId })),
    },
  },
});

async function valueOn(sandbox: RunningSandbox): Promise<string> {
  const { secretsManager, close } = clientsOf(sandbox);
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
  close();
  return SecretString ?? "";
}

describe("a secret", () => {
  it("is JSON of what is known and what is generated, is never written over, and in no event of a run", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const first = await createOn(sandbox, { stack });
    const value = await valueOn(sandbox);
    const { username, password } = JSON.parse(value);
    expect([username, password]).toEqual(["root", expect.stringMatching(/^[A-Za-z0-9]{10}$/)]);
    const second = await createOn(sandbox, { stack });
    expect(await valueOn(sandbox)).toBe(value);
    const destroyed = await destroyOn(sandbox, { stack });
    expect(JSON.stringify([first, second, destroyed])).not.toContain(password);
  });

  it("comes back with the value that it had after somebody has deleted it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const value = await valueOn(sandbox);
    const { secretsManager, close } = clientsOf(sandbox);
    await secretsManager.send(new DeleteSecretCommand({ SecretId }));
    close();
    const planned = await planOn(sandbox, { stack });
    expect(planned.tasks[0]?.changes).toMatchObject([{ field: "restoration", from: "scheduled for deletion" }]);
    await createOn(sandbox, { stack });
    expect(await valueOn(sandbox)).toBe(value);
  });

  it("has its name free after a destroy, or after somebody deleted it, however long AWS takes to let go of it", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await createOn(sandbox, { stack });
    await destroyOn(sandbox, { stack });
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ secret: "create" });
    const { secretsManager, close } = clientsOf(sandbox);
    await secretsManager.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    close();
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    await expect.poll(() => valueOn(sandbox)).toContain("root");
  });

  it("that somebody scheduled for deletion goes at once with a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const { secretsManager, close } = clientsOf(sandbox);
    await secretsManager.send(new DeleteSecretCommand({ SecretId }));
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ secret: "remove" });
    await expect(secretsManager.send(new DescribeSecretCommand({ SecretId }))).rejects.toThrow(/can't find/);
    close();
  });

  it("of somebody else is used and left; while its name is scheduled for deletion the run says so and ends", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { secretsManager, close } = clientsOf(sandbox);
    const theirs = '{"username":"root","password":"their own"}';
    await secretsManager.send(new CreateSecretCommand({ Name: SecretId, SecretString: theirs }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ secret: "foreign" });
    await destroyOn(sandbox, { stack });
    expect(await valueOn(sandbox)).toBe(theirs);
    await secretsManager.send(new DeleteSecretCommand({ SecretId }));
    close();
    const { tasks } = await createOn(sandbox, { stack });
    expect(tasks[0]?.error?.why).toContain("made by somebody else and lacks restoration");
  });
});
