import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { type Fate, type FaultCall, type Faults, noFaults } from "../../../src/sandbox/wire/fault.ts";
import { AwsError, defineService } from "../../../src/sandbox/wire/service.ts";
import { servedForTest } from "./served.ts";

/** Counts the runs of its handler. */
function counted() {
  const counter = { runs: 0 };
  const ssm = defineService("ssm", () => import("@aws-sdk/client-ssm"), {
    GetParameter: {
      accepts: ["Name"],
      handle: () => {
        counter.runs++;
        return { Parameter: { Value: "v" } };
      },
    },
  });
  return { counter, ssm };
}

/** Strikes the first call only. */
function once(strike: { before?: (call: FaultCall) => Promise<void>; after?: Fate }): Faults {
  let calls = 0;
  return {
    before: async (call) => {
      calls++;
      if (calls === 1) await strike.before?.(call);
    },
    after: async () => (calls === 1 ? (strike.after ?? "respond") : "respond"),
  };
}

const get = new GetParameterCommand({ Name: "x" });

describe("a fault", () => {
  it("before a call leaves it undone; the SDK's second attempt does it", async () => {
    const { counter, ssm } = counted();
    const faults = once({ before: async () => Promise.reject(new AwsError("InternalServerError", "not now", 500)) });
    const served = await servedForTest([ssm], faults);
    const { $metadata } = await new SSMClient(served).send(get);
    expect({ attempts: $metadata.attempts, runs: counter.runs }).toEqual({ attempts: 2, runs: 1 });
  });

  it("that drops the response comes after the call was done, so that the second attempt does it again", async () => {
    const { counter, ssm } = counted();
    const served = await servedForTest([ssm], once({ after: "drop" }));
    const { $metadata } = await new SSMClient(served).send(get);
    expect({ attempts: $metadata.attempts, runs: counter.runs }).toEqual({ attempts: 2, runs: 2 });
  });

  it("that hangs keeps the client waiting until it gives up, and the sandbox can be closed all the same", async () => {
    const { counter, ssm } = counted();
    const served = await servedForTest([ssm], once({ after: "hang" }));
    const client = new SSMClient(served);
    const abort = new AbortController();
    const waiting = client.send(get, { abortSignal: abort.signal });
    await expect.poll(() => counter.runs).toBe(1);
    abort.abort();
    await expect(waiting).rejects.toThrow("abort");
    await served.close();
  });

  it("that throttles speaks each service's language, and the SDK understands it", async () => {
    const throttleAll: Faults = { ...noFaults, before: async (call) => Promise.reject(call.throttled()) };
    const empty = { accepts: [], handle: () => ({}) };
    const services = [
      defineService("ec2", () => import("@aws-sdk/client-ec2"), {
        RunInstances: { accepts: ["MinCount", "MaxCount", "ClientToken"], handle: () => ({}) },
      }),
      defineService("iam", () => import("@aws-sdk/client-iam"), {
        GetRole: { ...empty, accepts: ["RoleName"] } as never,
      }),
      counted().ssm,
    ];
    const served = await servedForTest(services, throttleAll);
    const config = { ...served, maxAttempts: 2 };
    const ec2 = new EC2Client(config).send(new RunInstancesCommand({ MinCount: 1, MaxCount: 1 }));
    await expect(ec2).rejects.toMatchObject({
      name: "RequestLimitExceeded",
      $metadata: { httpStatusCode: 503, attempts: 2 },
    });
    await expect(new IAMClient(config).send(new GetRoleCommand({ RoleName: "x" }))).rejects.toMatchObject({
      name: "Throttling",
      $metadata: { httpStatusCode: 400, attempts: 2 },
    });
    await expect(new SSMClient(config).send(get)).rejects.toMatchObject({
      name: "ThrottlingException",
      $metadata: { httpStatusCode: 400, attempts: 2 },
    });
  });

  it("never strikes a call that is refused anyway", async () => {
    const seen: string[] = [];
    const faults: Faults = { ...noFaults, before: async ({ operation }) => void seen.push(operation) };
    const served = await servedForTest([counted().ssm], faults);
    const client = new SSMClient(served);
    await expect(client.send(new GetParameterCommand({ Name: "x", WithDecryption: true }))).rejects.toThrow();
    expect(seen).toEqual([]);
  });
});
