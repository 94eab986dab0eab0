import { DescribeVpcsCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetHostedZoneCommand, Route53Client } from "@aws-sdk/client-route-53";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { AwsError, defineService } from "../../../src/sandbox/wire/service.ts";
import type { ClientConfig } from "../../support/sandbox.ts";
import { servedForTest } from "./served.ts";

const ec2 = defineService("ec2", () => import("@aws-sdk/client-ec2"), {
  DescribeVpcs: { accepts: ["VpcIds"], handle: () => ({ Vpcs: [] }) },
  RunInstances: {
    // The SDK fills in the token.
    accepts: ["ImageId", "MinCount", "MaxCount", "ClientToken"],
    handle: () => {
      throw new AwsError("InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist");
    },
  },
});
const iam = defineService("iam", () => import("@aws-sdk/client-iam"), {
  CreateRole: {
    accepts: ["RoleName", "AssumeRolePolicyDocument"],
    handle: () => {
      throw new AwsError("EntityAlreadyExistsException", "Role with name x already exists.");
    },
  },
  GetRole: {
    accepts: ["RoleName"],
    handle: () => {
      throw new AwsError("NoSuchEntity", "The role with name x cannot be found.");
    },
  },
});
const ssm = defineService("ssm", () => import("@aws-sdk/client-ssm"), {
  GetParameter: {
    accepts: ["Name"],
    handle: ({ Name }) => {
      if (Name === "bug") throw new TypeError("a bug");
      throw new AwsError("ParameterNotFound", "Parameter /x not found.");
    },
  },
});
const ecs = defineService("ecs", () => import("@aws-sdk/client-ecs"), {
  DescribeServices: { accepts: ["services"], handle: () => ({ services: [] }) },
});
const route53 = defineService("route53", () => import("@aws-sdk/client-route-53"), {
  GetHostedZone: {
    accepts: ["Id"],
    handle: ({ Id }) => {
      throw new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${Id}`);
    },
  },
});

/** The parts of an error of the SDK that tests look at. */
async function errorOf(call: Promise<unknown>): Promise<object> {
  const error = await call.then(
    () => undefined,
    (reason) => reason,
  );
  if (!error?.$metadata) throw new Error(`no error of AWS: ${error}`);
  const { name, message, Code: code, $metadata } = error;
  const { httpStatusCode: status, attempts, requestId } = $metadata;
  return { name, message, status, attempts, hasRequestId: typeof requestId === "string", ...(code && { code }) };
}

async function config(over: Partial<ClientConfig> = {}): Promise<ClientConfig> {
  const { endpoint, region, credentials } = await servedForTest([ec2, iam, ssm, ecs, route53]);
  return { endpoint, region, credentials, ...over };
}

describe("an error of a handler", () => {
  it("reaches an EC2 client with its code verbatim", async () => {
    const client = new EC2Client(await config());
    const command = new RunInstancesCommand({ ImageId: "ami-1", MinCount: 1, MaxCount: 1 });
    expect(await errorOf(client.send(command))).toEqual({
      name: "InvalidAMIID.NotFound",
      code: "InvalidAMIID.NotFound",
      message: "The image id '[ami-1]' does not exist",
      status: 400,
      attempts: 1,
      hasRequestId: true,
    });
  });

  it("becomes the modelled error of a query service, named by its code or by its shape", async () => {
    const client = new IAMClient(await config());
    expect(await errorOf(client.send(new GetRoleCommand({ RoleName: "x" })))).toEqual({
      name: "NoSuchEntityException",
      code: "NoSuchEntity",
      message: "The role with name x cannot be found.",
      status: 404,
      attempts: 1,
      hasRequestId: true,
    });
    const create = new CreateRoleCommand({ RoleName: "x", AssumeRolePolicyDocument: "{}" });
    expect(await errorOf(client.send(create))).toMatchObject({
      name: "EntityAlreadyExistsException",
      code: "EntityAlreadyExists",
      status: 409,
    });
  });

  it("becomes the modelled error of a JSON service", async () => {
    const client = new SSMClient(await config());
    expect(await errorOf(client.send(new GetParameterCommand({ Name: "/x" })))).toEqual({
      name: "ParameterNotFound",
      message: "Parameter /x not found.",
      status: 400,
      attempts: 1,
      hasRequestId: true,
    });
  });

  it("becomes the modelled error of Route 53", async () => {
    const client = new Route53Client(await config());
    expect(await errorOf(client.send(new GetHostedZoneCommand({ Id: "Z1" })))).toMatchObject({
      name: "NoSuchHostedZone",
      message: "No hosted zone found with ID: Z1",
      status: 404,
      hasRequestId: true,
    });
  });

  it("that is a defect of the sandbox is said to be one", async () => {
    const client = new SSMClient({ ...(await config()), maxAttempts: 1 });
    expect(await errorOf(client.send(new GetParameterCommand({ Name: "bug" })))).toMatchObject({
      name: "InternalFailure",
      message: "The sandbox failed, which is a defect of it: a bug",
      status: 500,
    });
  });
});

describe("a request for something that is not emulated", () => {
  it("is refused once, by the name of the operation", async () => {
    const { DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
    expect(await errorOf(new EC2Client(await config()).send(new DescribeSubnetsCommand({})))).toMatchObject({
      name: "SandboxNotEmulated",
      message: "The sandbox does not emulate the operation DescribeSubnets of ec2. On AWS it exists.",
      status: 501,
      attempts: 1,
    });
    expect(await errorOf(new ECSClient(await config()).send(new CreateClusterCommand({})))).toMatchObject({
      name: "SandboxNotEmulated",
      attempts: 1,
    });
  });

  it("is refused by the name of the parameter", async () => {
    const client = new EC2Client(await config());
    const command = new DescribeVpcsCommand({ VpcIds: ["vpc-1"], Filters: [{ Name: "is-default", Values: ["true"] }] });
    expect(await errorOf(client.send(command))).toMatchObject({
      name: "SandboxNotEmulated",
      message: "The sandbox does not emulate the parameter Filters of DescribeVpcs (ec2). On AWS it exists.",
    });
  });

  it("is refused by the name of the service", async () => {
    const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
    expect(await errorOf(new STSClient(await config()).send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "SandboxNotEmulated",
      message: "The sandbox does not emulate the service sts. On AWS it exists.",
    });
    const { GuardDutyClient, ListDetectorsCommand } = await import("@aws-sdk/client-guardduty");
    expect(await errorOf(new GuardDutyClient(await config()).send(new ListDetectorsCommand({})))).toMatchObject({
      name: "SandboxNotEmulated",
      message: "The sandbox does not emulate the service guardduty. On AWS it exists.",
    });
  });
});

describe("a request of a stranger", () => {
  const stranger = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };

  it("is refused as each family of services does", async () => {
    const credentials = stranger;
    expect(await errorOf(new EC2Client(await config({ credentials })).send(new DescribeVpcsCommand({})))).toMatchObject(
      { name: "AuthFailure", status: 401, attempts: 1 },
    );
    expect(
      await errorOf(new IAMClient(await config({ credentials })).send(new GetRoleCommand({ RoleName: "x" }))),
    ).toMatchObject({ name: "InvalidClientTokenId", status: 403 });
    expect(
      await errorOf(new SSMClient(await config({ credentials })).send(new GetParameterCommand({ Name: "x" }))),
    ).toMatchObject({ name: "UnrecognizedClientException", status: 400 });
  });

  it("is refused if it knows the access key but not the secret", async () => {
    const { credentials, ...rest } = await config();
    const guessed = { accessKeyId: credentials.accessKeyId, secretAccessKey: "guessed" };
    const iamClient = new IAMClient({ ...rest, credentials: guessed });
    expect(await errorOf(iamClient.send(new GetRoleCommand({ RoleName: "x" })))).toMatchObject({
      name: "SignatureDoesNotMatch",
      status: 403,
    });
    const ssmClient = new SSMClient({ ...rest, credentials: guessed });
    expect(await errorOf(ssmClient.send(new GetParameterCommand({ Name: "x" })))).toMatchObject({
      name: "InvalidSignatureException",
      status: 400,
    });
  });

  it("is refused without a signature", async () => {
    const { endpoint } = await config();
    const body = "Action=GetRole&Version=2010-05-08&RoleName=x";
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await fetch(endpoint, { method: "POST", headers, body });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>MissingAuthenticationToken</Code>");
  });
});
