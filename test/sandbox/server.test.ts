import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { defineService } from "../../src/sandbox/wire/service.ts";
import { sandboxForTest } from "../support/sandbox.ts";
import { servedForTest } from "./wire/served.ts";

const sts = defineService("sts", () => import("@aws-sdk/client-sts"), {
  GetCallerIdentity: {
    accepts: [],
    handle: (_input, { account }) => ({
      Account: account,
      Arn: `arn:aws:iam::${account}:user/sandbox`,
      UserId: "AIDA",
    }),
  },
});

describe("the server", () => {
  it("answers an SDK client", async () => {
    const served = await servedForTest([sts]);
    expect(await new STSClient(served).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:user/sandbox",
    });
  });

  it("logs one entry per request, without its body", async () => {
    const served = await servedForTest([sts]);
    const { $metadata } = await new STSClient(served).send(new GetCallerIdentityCommand({}));
    expect(served.entries).toEqual([
      {
        service: "sts",
        operation: "GetCallerIdentity",
        status: 200,
        milliseconds: expect.any(Number),
        requestId: $metadata.requestId,
      },
    ]);
  });

  it("listens on the loopback interface only", async () => {
    const { port } = await sandboxForTest();
    await expect(fetch(`http://127.0.0.2:${port}/_sandbox/health`)).rejects.toThrow("fetch failed");
  });

  it("refuses a body that no request to AWS could have", async () => {
    const { endpoint } = await servedForTest([sts]);
    const response = await fetch(endpoint, { method: "POST", body: new Uint8Array(17 * 1024 * 1024) });
    expect(response.status).toBe(413);
  });

  it("leaves nothing behind that keeps a process alive", async () => {
    const script = join(import.meta.dirname, "../support/start-and-close.ts");
    const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", "inherit", "inherit"] });
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});

describe("the sandbox's own API", () => {
  it("tells anybody that it is there, and nothing else", async () => {
    const { endpoint, keys } = await sandboxForTest({ version: "1.2.3" });
    const text = await (await fetch(`${endpoint}/_sandbox/health`)).text();
    expect(JSON.parse(text)).toMatchObject({ product: "bia-infra", version: "1.2.3", pid: process.pid, speed: 1 });
    expect(text).not.toContain(keys.secretAccessKey);
    for (const name of ["status", "faults", "shutdown"]) {
      expect((await fetch(`${endpoint}/_sandbox/${name}`, { method: "POST" })).status).toBe(403);
    }
  });

  it("does what the holder of the secret key says", async () => {
    const sandbox = await sandboxForTest();
    const ask = async (name: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${sandbox.keys.secretAccessKey}` };
      const init = { method: "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const response = await fetch(`${sandbox.endpoint}/_sandbox/${name}`, init);
      return { status: response.status, answer: await response.json() };
    };
    expect(await ask("status")).toMatchObject({ status: 200, answer: { account: "000000000000" } });
    const rule = { operation: "ec2:*", effect: "throttle" };
    expect(await ask("faults", [rule])).toEqual({
      status: 200,
      answer: [{ rule, matched: 0, struck: 0, calls: [] }],
    });
    expect(await ask("faults", [{ operation: "ec2:*" }])).toMatchObject({ status: 400 });
    expect(await ask("nonsense")).toMatchObject({ status: 404, answer: { error: "There is no control nonsense." } });
  });
});
