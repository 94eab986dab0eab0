import { GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { appEnvironment } from "../../../src/kinds/ssm/app-environment.ts";
import { clientsOf, createOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const NAME = "/bia-infra/bia/app/env";
const secrets = task("secrets", "secrets of the app's environment", appEnvironment, { name: NAME });
const stack: Stack = {
  name: "bia",
  stages: [{ name: "1", title: "secrets", tasks: [secrets], outputs: {}, costs: [] }],
};

describeContract({ task: "secrets", stack, drifts: {} });

describe("the secrets of the app's environment", () => {
  it("are none at first, and what was set since is not written over", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ssm, close } = clientsOf(sandbox);
    const held = async () => {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: NAME, WithDecryption: true }));
      return [Parameter?.Type, Parameter?.Value];
    };
    await createOn(sandbox, { stack });
    expect(await held()).toEqual(["SecureString", "# nothing is set"]);
    await ssm.send(new PutParameterCommand({ Name: NAME, Type: "SecureString", Value: "A='b'", Overwrite: true }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ secrets: "unchanged" });
    expect(await held()).toEqual(["SecureString", "A='b'"]);
    close();
  });
});
