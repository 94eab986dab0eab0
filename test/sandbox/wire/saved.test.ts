import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { noFaults } from "../../../src/sandbox/wire/fault.ts";
import { AwsError, defineService } from "../../../src/sandbox/wire/service.ts";
import { servedForTest } from "./served.ts";

const ssm = defineService("ssm", () => import("@aws-sdk/client-ssm"), {
  GetParameter: { accepts: ["Name"], handle: () => ({ Parameter: { Value: "v" } }) },
});

const get = (Name: string) => new GetParameterCommand({ Name });

test("a call is answered once what it changed is saved, and not before", async () => {
  const order: string[] = [];
  let save = () => {};
  const saving = new Promise<void>((resolve) => {
    save = resolve;
  });
  const served = await servedForTest([ssm], noFaults, async () => {
    order.push("saving");
    if (order.length === 1) await saving;
  });
  const client = new SSMClient(served);
  const first = client.send(get("first")).then(() => order.push("first answered"));
  await expect.poll(() => order).toEqual(["saving"]);
  // Had the first not waited, it would be answered by the time that a later one is.
  await client.send(get("second"));
  order.push("second answered");
  save();
  await first;
  expect(order).toEqual(["saving", "saving", "second answered", "first answered"]);
});

test("a call whose changes cannot be saved is refused although it was carried out", async () => {
  const refusal = new AwsError("SandboxCannotSave", "The disk is full.", 507);
  const served = await servedForTest([ssm], noFaults, () => Promise.reject(refusal));
  await expect(new SSMClient(served).send(get("x"))).rejects.toMatchObject({ name: "SandboxCannotSave" });
});
