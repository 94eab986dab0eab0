import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/sandbox/wire/endpoint.ts";
import { AwsError, defineService } from "../../src/sandbox/wire/service.ts";
import { clientConfig, sandboxForTest } from "../support/sandbox.ts";

const sts = defineService("sts", () => import("@aws-sdk/client-sts"), {
  GetCallerIdentity: {
    accepts: [],
    handle: (_input, { account }) => ({
      Account: account,
      Arn: `arn:aws:iam::${account}:user/sandbox`,
      UserId: "AIDA",
    }),
  },
  GetSessionToken: {
    accepts: [],
    handle: () => {
      throw new AwsError("RegionDisabledException", "STS is not activated here.");
    },
  },
});

describe("a sandbox", () => {
  it("answers an SDK client over HTTP", async () => {
    const sandbox = await sandboxForTest({ services: [sts] });
    const client = new STSClient(clientConfig(sandbox));
    const identity = await client.send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({ Account: "000000000000", Arn: "arn:aws:iam::000000000000:user/sandbox" });
  });

  it("logs one entry per request, without its body", async () => {
    const entries: LogEntry[] = [];
    const sandbox = await sandboxForTest({ services: [sts], log: (entry) => entries.push(entry) });
    await new STSClient(clientConfig(sandbox)).send(new GetCallerIdentityCommand({}));
    expect(entries).toMatchObject([{ service: "sts", operation: "GetCallerIdentity", status: 200 }]);
  });
});
