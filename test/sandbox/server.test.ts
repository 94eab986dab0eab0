import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
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

  it("reads little of what somebody sends who names no key of ours", async () => {
    const { endpoint, credentials } = await servedForTest([sts]);
    const send = async (accessKeyId: string, size: number) => {
      const scope = `${accessKeyId}/20260102/us-east-1/sts/aws4_request`;
      const signed = `SignedHeaders=host, Signature=${"0".repeat(64)}`;
      const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, ${signed}`;
      const init = { method: "POST", headers: { authorization }, body: new Uint8Array(size) };
      return (await fetch(endpoint, init)).status;
    };
    expect(await send("AKIASTRANGER", 70 * 1024)).toBe(413);
    expect(await send("AKIASTRANGER", 1024)).toBe(403);
    expect(await send(credentials.accessKeyId, 70 * 1024)).toBe(403);
  });

  it("leaves nothing behind that keeps a process alive", async () => {
    const script = join(import.meta.dirname, "../support/start-and-close.ts");
    const child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", "inherit", "inherit"] });
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});

/** Status, headers and text of what is answered to headers that `fetch` would not send. */
function ask(
  port: number,
  headers: Record<string, string>,
  more: { method?: string; path?: string; body?: string } = {},
) {
  const { method = "GET", path = "/_sandbox/health", body } = more;
  return new Promise<{ status: number | undefined; headers: object; text: string }>((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    call.on("error", reject).end(body);
  });
}

describe("a page in a browser", () => {
  it("cannot reach the sandbox by a name that it has lead to this computer", async () => {
    const { port, keys } = await sandboxForTest();
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "1.2.3.4",
      "xlocalhost",
      "amazonaws.com.evil.example",
    ]) {
      const { status, text } = await ask(port, { host });
      expect({ host, status, text }).toMatchObject({ status: 403, text: expect.stringContaining("is not known as") });
      const headers = { host, authorization: `Bearer ${keys.secretAccessKey}` };
      expect(await ask(port, headers, { path: "/_sandbox/status" })).toMatchObject({ status: 403 });
    }
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `ec2.localhost:${port}`,
      `[::1]:${port}`,
      "rds.us-east-1.amazonaws.com",
    ])
      expect({ host, ...(await ask(port, { host })) }).toMatchObject({ host, status: 200 });
  });

  it("cannot send what browsers let pages send without asking, nor is it answered when it asks", async () => {
    const { port, keys } = await sandboxForTest();
    const authorization = `Bearer ${keys.secretAccessKey}`;
    const host = `127.0.0.1:${port}`;
    const form = { "content-type": "text/plain", "content-length": "2" };
    const origins = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const from of origins) {
      for (const path of ["/", "/_sandbox/health", "/_sandbox/status"]) {
        const headers: Record<string, string> = { host, authorization, ...form, ...(from as Record<string, string>) };
        const answer = await ask(port, headers, { method: "POST", path, body: "{}" });
        expect(answer).toMatchObject({ status: 403, text: "Web pages may not use the sandbox.\n" });
        expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
      }
    }
    const preflight = { host, origin: "https://evil.example", "access-control-request-method": "POST" };
    const answer = await ask(port, preflight, { method: "OPTIONS" });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(answer.status).toBe(403);
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
