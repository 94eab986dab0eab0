import {
  GetRoleCommand,
  PutRolePolicyCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { ciRoleStage, printedCiRole } from "../../src/stacks/ci-role.ts";
import { permissionsOf } from "../../src/stacks/index.ts";
import { policiesFor } from "../../src/stacks/permissions.ts";
import { load } from "../../src/variables/index.ts";
import { describeContract } from "../kinds/contract.ts";
import { clientsOf, createOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

const { variables } = await load(undefined, "/");
const wanted = {
  stack: "bia",
  region: "us-east-1",
  subject: "repo:you/bia:ref:refs/heads/main",
  policies: policiesFor(permissionsOf(variables, "us-east-1"), ["deploy-version", "verify", "rollback"]),
};
const stack = { name: "bia", stages: [ciRoleStage(wanted)] };
const RoleName = "bia-ci-us-east-1";

describe("the identity provider of GitHub", () => {
  describeContract({
    task: "ci-provider",
    stack,
    drifts: {
      "an audience that was lost": {
        field: /audience/,
        make: async ({ iam, account }: AwsClients) => {
          const arn = `arn:aws:iam::${await account()}:oidc-provider/token.actions.githubusercontent.com`;
          const without = { OpenIDConnectProviderArn: arn, ClientID: "sts.amazonaws.com" };
          await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand(without));
        },
      },
    },
  });
});

describe("the role of a repository's jobs", () => {
  describeContract({
    task: "ci-role",
    stack,
    drifts: {
      "a trust in another repository": {
        field: /trust policy/,
        make: async ({ iam }: AwsClients) => {
          const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
          const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "").replace(
            "repo:you/bia",
            "repo:them/bia",
          );
          await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust }));
        },
      },
      "a policy that allows more": {
        field: /inline policy deploy-1/,
        make: ({ iam }: AwsClients) => {
          const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
          const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
          return iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "deploy-1", PolicyDocument }));
        },
      },
    },
  });

  it("is for one repository's jobs alone, and what is printed is what is made", async () => {
    const sandbox = await sandboxForTest();
    await createOn(sandbox, { stack });
    const clients = clientsOf(sandbox);
    const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName }));
    const printed = printedCiRole(wanted, await clients.account());
    clients.close();
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""))).toEqual(printed.trustPolicy);
    expect(printed.trustPolicy).toMatchObject({
      Statement: [
        {
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: {
            StringEquals: {
              "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
              "token.actions.githubusercontent.com:sub": "repo:you/bia:ref:refs/heads/main",
            },
          },
        },
      ],
    });
  });

  it("fits into what a role holds of its own", () => {
    // 10,240 characters, white space not counted. (IAM, "IAM and AWS STS quotas")
    expect(JSON.stringify(wanted.policies).length).toBeLessThan(10_240);
  });
});
