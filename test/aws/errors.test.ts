import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { ListClustersCommand } from "@aws-sdk/client-ecs";
import { NoSuchEntityException } from "@aws-sdk/client-iam";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { describe, expect, it, onTestFinished } from "vitest";
import { awsClients } from "../../src/aws/clients.ts";
import { classify, explain, isCode } from "../../src/aws/errors.ts";

/** An error as the SDK throws it for a code that is not modelled. */
function ec2Error(name: string, message = ""): EC2ServiceException {
  return new EC2ServiceException({ name, message, $fault: "client", $metadata: { requestId: "req-1" } });
}

/** A modelled error of a query protocol: its name is the shape's, its Code the wire's. */
function noSuchEntity(message = "The role with name x cannot be found."): Error {
  return Object.assign(new NoSuchEntityException({ message, $metadata: {} }), { Code: "NoSuchEntity" });
}

describe("an error of AWS", () => {
  it.each([
    ["InvalidGroup.Duplicate", "", "exists"],
    ["InvalidGroup.NotFound", "", "gone"],
    ["RepositoryAlreadyExistsException", "", "exists"],
    ["RepositoryNotFoundException", "", "gone"],
    [
      "InvalidParameterValue",
      "Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
      "propagation",
    ],
    ["InvalidParameterValue", "Value (x) for parameter y is invalid.", "final"],
    ["InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.", "exists"],
    ["InvalidLaunchTemplateName.NotFoundException", "", "gone"],
    ["AlreadyExists", "AutoScalingGroup by this name already exists", "exists"],
    ["ValidationError", "AutoScalingGroup name not found - AutoScalingGroup 'x' not found", "gone"],
    [
      "ValidationError",
      "You must use a valid fully-formed launch template. Value (x) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
      "propagation",
    ],
    ["ValidationError", 'IAM Instance Profile "arn" has no associated IAM Roles', "propagation"],
    [
      "ValidationError",
      "You must use a valid fully-formed launch template. The security group 'sg-1' does not exist",
      "propagation",
    ],
    ["ValidationError", "You must use a valid fully-formed launch template. Invalid value 't3.tiny'", "final"],
    ["ValidationError", "AutoScalingGroup 'x' is pending delete.", "busy"],
    ["ScalingActivityInProgress", "", "busy"],
    ["ResourceContention", "", "busy"],
    ["ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances", "busy"],
    ["ServiceLinkedRoleFailure", "", "propagation"],
    ["InvalidParameterValue", "Verify that you have permission to create service linked role.", "propagation"],
    ["InvalidParameterValue", "Invalid security group , groupId= sg-1, groupName=.", "propagation"],
    ["DBInstanceAlreadyExists", "DB instance already exists", "exists"],
    ["DBInstanceNotFound", "DBInstance bia not found.", "gone"],
    ["InvalidDBInstanceState", "Database instance is not in available state.", "busy"],
    ["FreeTierRestrictionError", "", "final"],
    ["ParameterAlreadyExists", "", "exists"],
    ["ParameterNotFound", "", "gone"],
    ["DependencyViolation", "resource sg-1 has a dependent object", "busy"],
    ["DuplicateLoadBalancerName", "", "exists"],
    ["DuplicateTargetGroupName", "", "exists"],
    ["DuplicateListener", "", "exists"],
    ["LoadBalancerNotFound", "", "gone"],
    ["TargetGroupNotFound", "", "gone"],
    ["ListenerNotFound", "", "gone"],
    ["InvalidSecurityGroup", "", "propagation"],
    ["InvalidConfigurationRequest", "One or more security groups are invalid", "propagation"],
    ["InvalidConfigurationRequest", "All subnets must belong to the same VPC", "final"],
    ["CertificateNotFound", "", "propagation"],
    ["UnsupportedCertificate", "", "propagation"],
    ["ResourceInUse", "Target group 'arn' is currently in use by a listener or a rule", "busy"],
    ["OperationNotPermitted", "", "final"],
    [
      "HostedZoneAlreadyExists",
      "A hosted zone has already been created with the specified caller reference: x",
      "exists",
    ],
    ["NoSuchHostedZone", "No hosted zone found with ID: Z1", "gone"],
    ["HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets", "busy"],
    [
      "PriorRequestNotComplete",
      "The request was rejected because Route 53 was still processing a prior request.",
      "busy",
    ],
    ["InvalidChangeBatch", "[Tried to delete resource record set [name='x.', type='A'] but it was not found]", "gone"],
    [
      "InvalidChangeBatch",
      "[Tried to delete resource record set [name='x.', type='A'] but the values provided do not match the current values]",
      "busy",
    ],
    ["InvalidChangeBatch", "[RRSet of type CNAME with DNS name x. is not permitted at apex in zone x.]", "final"],
    ["ResourceInUseException", "Certificate arn:aws:acm:x in account 000000000000 is in use.", "busy"],
    ["ClientException", "The specified capacity provider already exists. To change the", "exists"],
    ["ClientException", "The specified capacity provider does not exist. Specify a valid name", "gone"],
    ["ClientException", "The specified capacity provider is in use and cannot be removed.", "busy"],
    [
      "ClientException",
      "The capacity provider cannot be deleted because it is associated with cluster: x. Remove the capacity provider from the cluster and try again.",
      "busy",
    ],
    ["ClientException", "Cluster was not ACTIVE. Verify that the cluster is active, and try again.", "busy"],
    ["ConflictException", "You are trying to update a resource that is already being updated.", "busy"],
    ["ValidationError", "The specified launch template, with template ID lt-1, does not exist.", "propagation"],
    ["ClientException", "No Fargate configuration exists for given values.", "final"],
    ["ClusterNotFoundException", "Cluster not found.", "gone"],
    ["ServiceNotFoundException", "Service not found.", "gone"],
    ["ServiceNotActiveException", "Service was not ACTIVE.", "gone"],
    ["ClusterContainsContainerInstancesException", "The Cluster cannot be deleted while", "busy"],
    ["ClusterContainsTasksException", "The Cluster cannot be deleted while", "busy"],
    ["UpdateInProgressException", "The specified cluster is in a busy state.", "busy"],
    ["ResourceInUseException", "The specified capacity provider is in use and cannot be removed.", "busy"],
    [
      "InvalidParameterException",
      "The target group with targetGroupArn x does not have an associated load balancer.",
      "propagation",
    ],
    [
      "InvalidParameterException",
      "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
      "propagation",
    ],
    ["InvalidParameterException", "The specified capacity provider 'x' is not in an ACTIVE state.", "busy"],
    ["InvalidParameterException", "Unable to Start a service that is still Draining.", "busy"],
    ["InvalidParameterException", "The service cannot be stopped while deployments are active.", "busy"],
    ["InvalidParameterException", "Availability Zone Rebalancing does not support maximumPercent <= 100 %", "final"],
    ["ExpiredToken", "", "credentials"],
    ["AuthFailure", "", "credentials"],
    ["UnauthorizedOperation", "", "final"],
  ])("%s %s means %s", (code, message, meaning) => {
    expect(classify(ec2Error(code, message))).toBe(meaning);
  });

  it("is known by its wire code and by its shape's name", () => {
    expect(isCode(noSuchEntity(), "NoSuchEntity")).toBe(true);
    expect(isCode(noSuchEntity(), "NoSuchEntityException")).toBe(true);
    expect(classify(noSuchEntity())).toBe("gone");
  });

  it("about a managed policy that does not exist is final: no waiting makes one appear", () => {
    expect(classify(noSuchEntity("Policy arn:aws:iam::aws:policy/Typo does not exist or is not attachable."))).toBe(
      "final",
    );
  });

  it.each([
    [
      "OperationNotPermitted",
      "This AWS account currently does not support creating load balancers. For more information, please contact AWS Support.",
      /support.*`loadBalancer: false`/,
    ],
    [
      "OperationNotPermitted",
      "Load balancer 'arn' cannot be deleted because deletion protection is enabled",
      /protected it from deletion/,
    ],
    ["UnsupportedCertificate", "The certificate 'arn' must have a fully-qualified domain name", /not issued yet/],
    ["TooManyLoadBalancers", "", /Service Quotas/],
    ["RequestLimitExceeded", "Request limit exceeded.", /--concurrency/],
    ["Throttling", "Rate exceeded", /--concurrency/],
    [
      "Unsupported",
      "Your requested instance type (t3.micro) is not supported in your requested Availability Zone (us-east-1e).",
      /another zone/,
    ],
    [
      "OperationNotPermitted",
      "The instance 'i-1' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
      /protected this instance/,
    ],
  ])("%s %s says what to do next", (code, message, next) => {
    expect(explain(ec2Error(code, message), undefined)).toMatchObject({
      why: `${code}: ${message}`,
      next: expect.stringMatching(next),
    });
  });

  it("is explained in AWS's own words, with its request id and a next step", () => {
    expect(explain(ec2Error("VcpuLimitExceeded", "You have requested more vCPU capacity"), undefined)).toEqual({
      why: "VcpuLimitExceeded: You have requested more vCPU capacity",
      next: expect.stringContaining("Service Quotas"),
      code: "VcpuLimitExceeded",
      requestId: "req-1",
    });
  });
});

describe("what to do about an error", () => {
  it.each([
    ["FreeTierRestrictionError", "The specified backup retention period exceeds the maximum", /for 1 day/],
    ["FreeTierRestrictionError", "This instance size isn't available with free plan accounts.", /db\.t3\.micro/],
    ["FreeTierRestrictionError", "Something else.", /Free plan, which does not allow this/],
    ["InvalidParameterCombination", "Cannot delete protected DB Instance, please disable it", /deletion protection/],
  ])("%s %s", (code, message, next) => {
    expect(explain(ec2Error(code, message), undefined).next).toMatch(next);
  });

  it.each(["InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"])(
    "%s names the region where one has to be enabled, and only there",
    (code) => {
      const nextIn = (region: string) => explain(ec2Error(code), undefined, region).next;
      for (const region of [
        "af-south-1",
        "ap-southeast-7",
        "eu-south-2",
        "me-central-1",
        "mx-central-1",
        "il-central-1",
      ]) {
        expect(nextIn(region)).toContain(`Or the region ${region} is not enabled in this account`);
      }
      for (const region of ["us-east-1", "sa-east-1", "ap-southeast-2", "eu-central-1", "ca-central-1"]) {
        expect(nextIn(region)).not.toContain("enabled");
      }
    },
  );
});

describe("an error that is not AWS's", () => {
  it("of an endpoint where nothing listens names the endpoint", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(explain(refused, "http://127.0.0.1:1")).toEqual({
      why: "nothing answers at http://127.0.0.1:1 (ECONNREFUSED)",
      next: expect.stringContaining("AWS_ENDPOINT_URL"),
    });
  });

  it("of missing credentials says how to get some", () => {
    const missing = Object.assign(new Error("Could not load credentials from any providers"), {
      name: "CredentialsProviderError",
    });
    expect(classify(missing)).toBe("credentials");
    expect(explain(missing, undefined).next).toContain("aws configure");
  });

  it("of an answer that is not AWS's says so instead of showing a parser's words, whatever the service speaks", async () => {
    const page = "<!doctype html>\n<html lang=en>\n<title>Forbidden</title>\n<h1>Forbidden</h1>";
    const proxy = createServer((_, response) => response.writeHead(403, { "content-type": "text/html" }).end(page));
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { ecs, rds, route53 } = awsClients({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "x", secretAccessKey: "x" },
    });
    const calls = [
      ecs.send(new ListClustersCommand({})),
      rds.send(new DescribeDBInstancesCommand({})),
      route53.send(new ListHostedZonesCommand({})),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome.status === "rejected" && explain(outcome.reason, endpoint).why).toBe(
        `what answers at ${endpoint} sent something that is not an answer of AWS (HTTP 403)`,
      );
    }
  });
});
