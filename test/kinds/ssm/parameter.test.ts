import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { parameter } from "../../../src/kinds/ssm/parameter.ts";
import { clientsOf, createOn, planOn } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const Name = "/retail-store-ecs/catalog/db-endpoint";
const Value = "catalog.example:3306";
const stack: Stack = {
  name: "retail",
  stages: [
    {
      name: "1",
      title: "a parameter",
      tasks: [
        task("endpoint", `parameter ${Name}`, parameter, { name: Name, description: "Of the catalog", value: Value }),
      ],
      outputs: {},
      costs: [],
    },
  ],
};

describeContract({
  task: "endpoint",
  stack,
  drifts: {
    "another value": {
      field: /^value$/,
      make: ({ ssm }) => ssm.send(new PutParameterCommand({ Name, Value: "elsewhere:3306", Overwrite: true })),
    },
  },
});

it("a parameter that somebody made a secret is replaced, and its value is in no plan", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, { stack });
  const { ssm, close } = clientsOf(sandbox);
  await ssm.send(new DeleteParameterCommand({ Name }));
  await ssm.send(new PutParameterCommand({ Name, Value: "nobody-knows", Type: "SecureString" }));
  const planned = await planOn(sandbox, { stack });
  expect(JSON.stringify(planned)).not.toContain("nobody-knows");
  expect(planned.tasks[0]?.changes).toContainEqual(expect.objectContaining({ field: "type", needsReplacement: true }));
  await ssm.send(new DeleteParameterCommand({ Name }));
  await createOn(sandbox, { stack });
  expect((await ssm.send(new GetParameterCommand({ Name }))).Parameter).toMatchObject({ Type: "String", Value });
  close();
});
