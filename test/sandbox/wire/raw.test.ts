import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import { describe, expect, it } from "vitest";
import { AwsError, defineService } from "../../../src/sandbox/wire/service.ts";
import { type Served, servedForTest } from "./served.ts";

const ec2 = defineService("ec2", () => import("@aws-sdk/client-ec2"), {
  DescribeVpcs: { accepts: [], handle: () => ({ Vpcs: [{ VpcId: "vpc-1", IsDefault: true, CidrBlock: "<&>" }] }) },
  DeleteVpc: {
    accepts: ["VpcId"],
    handle: () => {
      throw new AwsError("DependencyViolation", "The vpc 'vpc-1' has dependencies & cannot be deleted.");
    },
  },
});
const iam = defineService("iam", () => import("@aws-sdk/client-iam"), {
  DeleteRole: {
    accepts: ["RoleName"],
    handle: () => {
      throw new AwsError("DeleteConflict", "Cannot delete entity, must detach all policies first.");
    },
  },
  ListAccountAliases: { accepts: [], handle: () => ({ AccountAliases: ["one"], IsTruncated: false }) },
});
const ssm = defineService("ssm", () => import("@aws-sdk/client-ssm"), {
  GetParameter: {
    accepts: ["Name"],
    handle: ({ Name }) => {
      if (Name === "/there") return { Parameter: { Name, LastModifiedDate: new Date(1_500) } };
      throw new AwsError("ParameterNotFound", "not there");
    },
  },
});
const ecs = defineService("ecs", () => import("@aws-sdk/client-ecs"), {
  DescribeServices: { accepts: ["services"], handle: () => ({ services: [] }) },
});
const route53 = defineService("route53", () => import("@aws-sdk/client-route-53"), {
  GetHostedZone: {
    accepts: ["Id"],
    handle: () => {
      throw new AwsError("NoSuchHostedZone", "No hosted zone found with ID: Z1");
    },
  },
});

class Sha256 extends Hash {
  constructor(secret?: ConstructorParameters<typeof Hash>[1]) {
    super("sha256", secret);
  }
}

/** What stands on the wire in answer to a signed request, with request ids made the same. */
async function answer(
  { endpoint, credentials, region }: Served,
  service: string,
  request: { method?: string; path?: string; headers?: Record<string, string>; body?: string },
): Promise<{ status: number; type: string | null; body: string }> {
  const { host, hostname } = new URL(endpoint);
  const { method = "POST", path = "/", headers = {}, body } = request;
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const unsigned = { method, protocol: "http:", hostname, path, headers: { ...headers, host }, body };
  const signed = await signer.sign(unsigned);
  const response = await fetch(endpoint + path, { method, headers: signed.headers, ...(body && { body }) });
  const text = await response.text();
  const id = response.headers.get("x-amzn-requestid") ?? "no request id";
  return { status: response.status, type: response.headers.get("content-type"), body: text.replaceAll(id, "ID") };
}

const form = { "content-type": "application/x-www-form-urlencoded" };
const json = (target: string) => ({ "content-type": "application/x-amz-json-1.1", "x-amz-target": target });
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

describe("on the wire", () => {
  it("a result of EC2 has its request id inside", async () => {
    const body = "Action=DescribeVpcs&Version=2016-11-15";
    expect(await answer(await servedForTest([ec2]), "ec2", { headers: form, body })).toEqual({
      status: 200,
      type: "text/xml;charset=UTF-8",
      body:
        `${HEAD}<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>ID</requestId>` +
        "<vpcSet><item><isDefault>true</isDefault><vpcId>vpc-1</vpcId><cidrBlock>&lt;&amp;&gt;</cidrBlock></item></vpcSet>" +
        "</DescribeVpcsResponse>",
    });
  });

  it("another version of an API is refused by its name", async () => {
    const body = "Action=DeleteRole&Version=2009-01-01&RoleName=x";
    expect(await answer(await servedForTest([iam]), "iam", { headers: form, body })).toMatchObject({
      status: 501,
      body: expect.stringContaining("does not emulate version 2009-01-01 of the API of iam"),
    });
  });

  it("an error of EC2 is a list of errors", async () => {
    const body = "Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1";
    expect(await answer(await servedForTest([ec2]), "ec2", { headers: form, body })).toMatchObject({
      status: 400,
      body:
        `${HEAD}<Response><Errors><Error><Code>DependencyViolation</Code>` +
        "<Message>The vpc 'vpc-1' has dependencies &amp; cannot be deleted.</Message></Error></Errors>" +
        "<RequestID>ID</RequestID></Response>",
    });
  });

  it("a result of a query service is wrapped and has its request id beside it", async () => {
    const body = "Action=ListAccountAliases&Version=2010-05-08";
    expect(await answer(await servedForTest([iam]), "iam", { headers: form, body })).toMatchObject({
      status: 200,
      body:
        `${HEAD}<ListAccountAliasesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccountAliasesResult>` +
        "<AccountAliases><member>one</member></AccountAliases><IsTruncated>false</IsTruncated></ListAccountAliasesResult>" +
        "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></ListAccountAliasesResponse>",
    });
  });

  it("an error of a query service says who is to blame", async () => {
    const body = "Action=DeleteRole&Version=2010-05-08&RoleName=x";
    expect(await answer(await servedForTest([iam]), "iam", { headers: form, body })).toMatchObject({
      status: 409,
      body:
        `${HEAD}<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>` +
        "<Code>DeleteConflict</Code><Message>Cannot delete entity, must detach all policies first.</Message></Error>" +
        "<RequestId>ID</RequestId></ErrorResponse>",
    });
  });

  it("JSON has times as seconds, and errors with their type", async () => {
    const served = await servedForTest([ssm]);
    const ask = (Name: string) =>
      answer(served, "ssm", { headers: json("AmazonSSM.GetParameter"), body: JSON.stringify({ Name }) });
    expect(await ask("/there")).toEqual({
      status: 200,
      type: "application/x-amz-json-1.1",
      body: '{"Parameter":{"Name":"/there","LastModifiedDate":1.5}}',
    });
    expect(await ask("/not")).toMatchObject({
      status: 400,
      body: '{"__type":"ParameterNotFound","message":"not there"}',
    });
  });

  it("a list in JSON has no holes", async () => {
    const served = await servedForTest([ecs]);
    const ask = (services: unknown[]) => {
      const headers = json("AmazonEC2ContainerServiceV20141113.DescribeServices");
      return answer(served, "ecs", { headers, body: JSON.stringify({ services }) });
    };
    expect(await ask(["a", null])).toMatchObject({
      status: 400,
      body: expect.stringContaining("SerializationException"),
    });
    expect(await ask(["a"])).toMatchObject({ status: 200 });
  });

  it("an error of Route 53 is wrapped, the only form that the SDK understands", async () => {
    const request = { method: "GET", path: "/2013-04-01/hostedzone/Z1" };
    expect(await answer(await servedForTest([route53]), "route53", request)).toMatchObject({
      status: 404,
      body: expect.stringContaining("<Code>NoSuchHostedZone</Code><Message>No hosted zone found with ID: Z1</Message>"),
    });
  });
});

describe("a request that AWS would not understand either", () => {
  it("is refused for an operation that does not exist", async () => {
    const served = await servedForTest([ec2, ssm, route53]);
    expect(await answer(served, "ec2", { headers: form, body: "Action=DescribeVpc" })).toMatchObject({
      status: 400,
      body: expect.stringContaining("<Code>InvalidAction</Code>"),
    });
    expect(await answer(served, "ssm", { headers: json("AmazonSSM.GetParam"), body: "{}" })).toMatchObject({
      status: 400,
      body: expect.stringContaining('"__type":"UnknownOperationException"'),
    });
    expect(await answer(served, "route53", { method: "GET", path: "/2013-04-01/zone" })).toMatchObject({ status: 400 });
  });

  it("is refused for a parameter that the operation does not have", async () => {
    const served = await servedForTest([ec2, ssm]);
    const body = "Action=DescribeVpcs&VpcID.1=vpc-1";
    expect(await answer(served, "ec2", { headers: form, body })).toMatchObject({
      status: 400,
      body: expect.stringContaining("<Code>UnknownParameter</Code>"),
    });
    const headers = json("AmazonSSM.GetParameter");
    expect(await answer(served, "ssm", { headers, body: '{"Name":"x","Names":1}' })).toMatchObject({
      status: 400,
      body: expect.stringContaining("Unknown parameter: Names"),
    });
  });

  it("is refused for a body that cannot be read", async () => {
    const served = await servedForTest([ssm]);
    const headers = json("AmazonSSM.GetParameter");
    for (const body of ['{"Name":', '{"Name":5}', "[]"]) {
      expect(await answer(served, "ssm", { headers, body })).toMatchObject({
        status: 400,
        body: expect.stringMatching(/SerializationException|ValidationException/),
      });
    }
  });
});
