import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { awsCli, describeOnAwsCli } from "./aws.ts";
import { type Started, started } from "./started.ts";

const IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

const EC2_MAY_ASSUME = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

let sandbox: Started | undefined;
const { aws, look, ask } = awsCli(() => sandbox?.env ?? {});

// Each call is a program of its own, which takes seconds to start.
vi.setConfig({ testTimeout: 300_000 });

/** Each test changes a region of its own, so none sees what another did. */
const regionFlags = (region: string) => ["--region", region];

function launch(region: string, ...more: readonly string[]): string {
  const image = ask("Parameter.Value", "ssm", "get-parameter", "--name", IMAGE, ...regionFlags(region));
  const what = ["--image-id", image, "--instance-type", "t3.micro", ...more, ...regionFlags(region)];
  return ask("Instances[0].InstanceId", "ec2", "run-instances", ...what);
}

/** Starts a sandbox for the tests around this call. */
function onSandbox(settings: Readonly<Record<string, string>>): void {
  beforeAll(async () => {
    if (inject("awsCli")) sandbox = await started({ BIA_SANDBOX_DELAYS: "none", ...settings });
  });
  afterAll(async () => sandbox?.stop());
}

describeOnAwsCli("the aws CLI, changing what is in the sandbox", () => {
  onSandbox({});

  it("takes a subnet's way out and gives it back", () => {
    const at = regionFlags("us-east-1");
    const [gateway] = look("ec2", "describe-internet-gateways", ...at).InternetGateways;
    const [table] = look(
      "ec2",
      "describe-route-tables",
      "--filters",
      "Name=association.main,Values=true",
      ...at,
    ).RouteTables;
    expect(gateway.Attachments).toEqual([{ State: "available", VpcId: table.VpcId }]);
    expect(table).toMatchObject({
      Associations: [{ Main: true, AssociationState: { State: "associated" } }],
      Routes: [
        { DestinationCidrBlock: "172.31.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
        {
          DestinationCidrBlock: "0.0.0.0/0",
          GatewayId: gateway.InternetGatewayId,
          Origin: "CreateRoute",
          State: "active",
        },
      ],
    });
    const route = ["--route-table-id", table.RouteTableId, "--destination-cidr-block", "0.0.0.0/0", ...at];
    look("ec2", "delete-route", ...route);
    expect(aws("ec2", "delete-route", ...route).code).toBe("InvalidRoute.NotFound");
    const create = ["ec2", "create-route", ...route, "--gateway-id", gateway.InternetGatewayId];
    expect(look(...create)).toEqual({ Return: true });
    expect(aws(...create)).toMatchObject({
      code: "RouteAlreadyExists",
      message: "The route identified by 0.0.0.0/0 already exists.",
    });
  });

  it("launches without a public address in a subnet that maps none", () => {
    const at = regionFlags("us-east-2");
    const subnet = ask("Subnets[0].SubnetId", "ec2", "describe-subnets", ...at);
    look("ec2", "modify-subnet-attribute", "--subnet-id", subnet, "--no-map-public-ip-on-launch", ...at);
    const id = launch("us-east-2", "--subnet-id", subnet);
    const [{ Instances }] = look("ec2", "describe-instances", "--instance-ids", id, ...at).Reservations;
    expect(Instances[0].SubnetId).toBe(subnet);
    expect(Instances[0].PublicIpAddress).toBeUndefined();
  });

  it("stops an instance, which has another type and another profile after that", () => {
    const at = regionFlags("us-west-1");
    look("iam", "create-role", "--role-name", "machine", "--assume-role-policy-document", EC2_MAY_ASSUME);
    for (const name of ["one", "two"]) {
      look("iam", "create-instance-profile", "--instance-profile-name", name);
      look("iam", "add-role-to-instance-profile", "--instance-profile-name", name, "--role-name", "machine");
    }
    const id = launch("us-west-1", "--user-data", "echo hello");
    look("ec2", "wait", "instance-running", "--instance-ids", id, ...at);
    const type = ["ec2", "modify-instance-attribute", "--instance-id", id, "--instance-type", "t3.small", ...at];
    expect(aws(...type).code).toBe("IncorrectInstanceState");
    const profile = (name: string) => ["--iam-instance-profile", `Name=${name}`, ...at];
    const held = ask(
      "IamInstanceProfileAssociation.AssociationId",
      ...["ec2", "associate-iam-instance-profile", "--instance-id", id, ...profile("one")],
    );
    expect(look("ec2", "stop-instances", "--instance-ids", id, ...at).StoppingInstances).toEqual([
      { InstanceId: id, PreviousState: { Code: 16, Name: "running" }, CurrentState: { Code: 64, Name: "stopping" } },
    ]);
    look("ec2", "wait", "instance-stopped", "--instance-ids", id, ...at);
    const replace = ["ec2", "replace-iam-instance-profile-association", "--association-id", held, ...profile("two")];
    expect(aws(...replace)).toMatchObject({
      code: "IncorrectState",
      message: `The association ${held} is not the active association`,
    });
    look("ec2", "disassociate-iam-instance-profile", "--association-id", held, ...at);
    look("ec2", "associate-iam-instance-profile", "--instance-id", id, ...profile("two"));
    look(...type);
    const attribute = (name: string) =>
      look("ec2", "describe-instance-attribute", "--instance-id", id, "--attribute", name, ...at);
    expect(attribute("instanceType")).toEqual({ InstanceId: id, InstanceType: { Value: "t3.small" } });
    expect(attribute("userData")).toEqual({ InstanceId: id, UserData: { Value: "ZWNobyBoZWxsbw==" } });
    expect(attribute("disableApiStop")).toEqual({ InstanceId: id, DisableApiStop: { Value: false } });
    expect(attribute("disableApiTermination")).toEqual({ InstanceId: id, DisableApiTermination: { Value: false } });
    expect(look("ec2", "start-instances", "--instance-ids", id, ...at).StartingInstances).toMatchObject([
      { PreviousState: { Name: "stopped" }, CurrentState: { Name: "pending" } },
    ]);
  });

  it("makes a volume larger, and no smaller", () => {
    const at = regionFlags("us-west-2");
    const id = launch("us-west-2");
    const filter = `Name=attachment.instance-id,Values=${id}`;
    const volume = ask("Volumes[0].VolumeId", "ec2", "describe-volumes", "--filters", filter, ...at);
    const grow = (size: number) => ["ec2", "modify-volume", "--volume-id", volume, "--size", `${size}`, ...at];
    const modification = { VolumeId: volume, TargetSize: 20, OriginalSize: 8, OriginalVolumeType: "gp3" };
    expect(look(...grow(20)).VolumeModification).toMatchObject({ ...modification, ModificationState: "modifying" });
    const { VolumesModifications } = look("ec2", "describe-volumes-modifications", "--volume-ids", volume, ...at);
    expect(VolumesModifications).toMatchObject([{ ...modification, ModificationState: "completed", Progress: 100 }]);
    expect(look("ec2", "describe-volumes", "--volume-ids", volume, ...at).Volumes).toMatchObject([{ Size: 20 }]);
    expect(aws(...grow(10)).code).toBe("InvalidParameterValue");
  });

  it("launches once for one client token, and never again after its instance is terminated", () => {
    const at = regionFlags("ca-central-1");
    const id = launch("ca-central-1", "--client-token", "mine");
    expect(launch("ca-central-1", "--client-token", "mine")).toBe(id);
    look("ec2", "terminate-instances", "--instance-ids", id, ...at);
    look("ec2", "wait", "instance-terminated", "--instance-ids", id, ...at);
    expect(() => launch("ca-central-1", "--client-token", "mine")).toThrow("IdempotentInstanceTerminated");
  });
});

describeOnAwsCli("the aws CLI on a new account, on the Free plan and with five vCPUs", () => {
  onSandbox({ BIA_SANDBOX_PLAN: "free", BIA_SANDBOX_VCPUS: "5" });

  it("is refused what the plan has not", () => {
    expect(() => launch("us-east-1", "--instance-type", "m5.large")).toThrow("not eligible for Free Tier");
    const database = [
      "--db-instance-identifier",
      "x",
      "--engine",
      "postgres",
      "--engine-version",
      "16",
      "--allocated-storage",
      "20",
    ];
    const master = ["--master-username", "postgres", "--master-user-password", "not-a-secret"];
    const larger = ["--db-instance-class", "db.t3.small"];
    expect(aws("rds", "create-db-instance", ...database, ...master, ...larger)).toMatchObject({
      code: "FreeTierRestrictionError",
      message: "This instance size isn't available with free plan accounts.",
    });
  });

  it("has room for two machines that run, and for more that are stopped", () => {
    const at = regionFlags("us-west-2");
    const id = launch("us-west-2");
    launch("us-west-2");
    expect(() => launch("us-west-2")).toThrow("VcpuLimitExceeded: You have requested more vCPU capacity");
    look("ec2", "wait", "instance-running", "--instance-ids", id, ...at);
    look("ec2", "stop-instances", "--instance-ids", id, ...at);
    look("ec2", "wait", "instance-stopped", "--instance-ids", id, ...at);
    launch("us-west-2");
    expect(aws("ec2", "start-instances", "--instance-ids", id, ...at).code).toBe("VcpuLimitExceeded");
  });
});
