import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { generatedSecret } from "../../../src/kinds/ssm/generated-secret.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const NAME = "/bia-infra/bia/database/password";
const secret = task("secret", "password of the database", generatedSecret, { name: NAME, length: 32 });
const stack: Stack = {
  name: "bia",
  stages: [{ name: "1", title: "a secret", tasks: [secret], outputs: {}, costs: [] }],
};

describeContract({ task: "secret", stack, drifts: {} });

async function valueOn(sandbox: RunningSandbox): Promise<string> {
  const { ssm, close } = clientsOf(sandbox);
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: NAME, WithDecryption: true }));
  close();
  expect(Parameter?.Type).toBe("SecureString");
  return Parameter?.Value ?? "";
}

describe("a generated secret", () => {
  it("is random, as long as wanted, and takes no quoting anywhere", async () => {
    const [one, other] = await Promise.all([sandboxForTest({ delays: "none" }), sandboxForTest({ delays: "none" })]);
    await Promise.all([createOn(one, { stack }), createOn(other, { stack })]);
    expect(await valueOn(one)).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await valueOn(one)).not.toBe(await valueOn(other));
  });

  it("is never written over, and in no event of a run", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const first = await createOn(sandbox, { stack });
    const value = await valueOn(sandbox);
    const second = await createOn(sandbox, { stack });
    expect(await valueOn(sandbox)).toBe(value);
    const destroyed = await destroyOn(sandbox, { stack });
    expect(JSON.stringify([first, second, destroyed])).not.toContain(value);
  });

  it("that was deleted and made again has another version", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const aws = clientsOf(sandbox);
    const scoped = aws.scopedTo({ region: "us-east-1", account: "000000000000", stack: "bia", ownership: {} });
    const version = async () => (await generatedSecret.find(scoped, { name: NAME, length: 32 }))?.version;
    await createOn(sandbox, { stack });
    const before = await version();
    await aws.ssm.send(new DeleteParameterCommand({ Name: NAME }));
    await createOn(sandbox, { stack });
    expect(await version()).not.toBe(before);
    aws.close();
  });

  it("of somebody else is used, and survives a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ssm, close } = clientsOf(sandbox);
    await ssm.send(new PutParameterCommand({ Name: NAME, Type: "SecureString", Value: "their own" }));
    close();
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ secret: "foreign" });
    await destroyOn(sandbox, { stack });
    expect(await valueOn(sandbox)).toBe("their own");
  });

  it("that stands there in plain text needs replacement", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ssm, close } = clientsOf(sandbox);
    const Tags = [{ Key: "bia-infra:stack", Value: "bia" }];
    await ssm.send(new PutParameterCommand({ Name: NAME, Type: "String", Value: "plain", Tags }));
    close();
    const { tasks } = await createOn(sandbox, { stack });
    expect(tasks[0]?.error?.why).toContain("type from String to SecureString");
  });
});
