import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, runCli } from "../support/cli.ts";
import { peerIsHere } from "../support/peer.ts";

/** The sandbox as the `aws` CLI sees it: a client that we did not write, over every protocol of stage 1. */
describe.skipIf(!peerIsHere("aws", ["--version"]))("the aws CLI on the sandbox", () => {
  let home: string;
  let own: NodeJS.ProcessEnv;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-aws-cli-"));
    own = bareEnvironment({ BIA_SANDBOX_HOME: home });
    const created = await runCli(["create", "--stage", "1"], own);
    expect(created).toMatchObject({ code: 0 });
    const exports = await runCli(["sandbox", "env", "--shell", "bash"], own);
    const pairs = [...exports.stdout.matchAll(/^export (\w+)=(?:'([^']*)'|"([^"]*)"|(\S*))$/gm)];
    const variables = pairs.map(([, name, a, b, c]) => [name, a ?? b ?? c]);
    env = { ...own, ...Object.fromEntries(variables), AWS_PAGER: "" };
  });

  afterAll(async () => {
    await runCli(["sandbox", "stop"], own);
    await rm(home, { recursive: true, force: true });
  });

  /** The answer of a call, or its error's code. */
  function aws(...args: string[]): { readonly answer: unknown; readonly code: string | undefined } {
    const { stdout, stderr } = spawnSync("aws", [...args, "--output", "json"], { env, encoding: "utf8" });
    const code = /An error occurred \(([\w.]+)\)/.exec(stderr)?.[1];
    return { answer: stdout.trim() === "" ? undefined : JSON.parse(stdout), code };
  }

  it("shows the security group with its rule", () => {
    const { answer } = aws("ec2", "describe-security-groups", "--filters", "Name=group-name,Values=bia-dev");
    expect(answer).toMatchObject({
      SecurityGroups: [
        {
          Description: "Acesso da maquina de trabalho",
          IpPermissions: [
            {
              IpProtocol: "tcp",
              FromPort: 3001,
              ToPort: 3001,
              IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "Liberado para o mundo" }],
            },
          ],
          Tags: expect.arrayContaining([{ Key: "Name", Value: "sgCurso117" }]),
        },
      ],
    });
  });

  it("shows the role's policies and the profile that holds it", () => {
    const { answer } = aws("iam", "list-attached-role-policies", "--role-name", "role-acesso-ssm");
    const { AttachedPolicies } = answer as { AttachedPolicies: { PolicyName: string }[] };
    expect(AttachedPolicies.map(({ PolicyName }) => PolicyName).sort()).toEqual([
      "AmazonEC2ContainerRegistryFullAccess",
      "AmazonECS_FullAccess",
      "AmazonSSMManagedInstanceCore",
    ]);
    expect(aws("iam", "get-instance-profile", "--instance-profile-name", "role-acesso-ssm").answer).toMatchObject({
      InstanceProfile: { Roles: [{ RoleName: "role-acesso-ssm" }] },
    });
  });

  it("shows the machine", () => {
    const { answer } = aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=bia-dev");
    expect(answer).toMatchObject({
      Reservations: [
        {
          Instances: [
            {
              InstanceType: "t3.micro",
              State: { Name: "running" },
              Placement: { AvailabilityZone: "us-east-1a" },
              RootDeviceName: "/dev/xvda",
              MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
              PublicIpAddress: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
            },
          ],
        },
      ],
    });
    const volumes = aws("ec2", "describe-volumes", "--filters", "Name=tag:Name,Values=bia-dev").answer;
    expect(volumes).toMatchObject({ Volumes: [{ Size: 15, VolumeType: "gp2" }] });
  });

  it("runs a script on the machine and reads its output", async () => {
    const instances = aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=bia-dev").answer;
    const id = (instances as { Reservations: { Instances: { InstanceId: string }[] }[] }).Reservations[0]?.Instances[0]
      ?.InstanceId;
    const sent = aws(
      ...["ssm", "send-command", "--document-name", "AWS-RunShellScript", "--instance-ids", `${id}`],
      ...["--parameters", 'commands=["whoami","docker --version","cat /etc/fstab"]'],
    ).answer as { Command: { CommandId: string } };
    const names = ["--command-id", sent.Command.CommandId, "--instance-id", `${id}`];
    expect(aws("ssm", "wait", "command-executed", ...names).code).toBeUndefined();
    expect(aws("ssm", "get-command-invocation", ...names).answer).toMatchObject({
      Status: "Success",
      ResponseCode: 0,
      StandardOutputContent: expect.stringMatching(/^root\nDocker version [\s\S]*\/swapfile swap swap/),
    });
  });

  it("knows who it is", () => {
    expect(aws("sts", "get-caller-identity").answer).toMatchObject({ Account: expect.stringMatching(/^\d{12}$/) });
  });

  it.each([
    [["ec2", "describe-security-groups", "--group-ids", "sg-00000000000000000"], "InvalidGroup.NotFound"],
    [["ec2", "describe-instances", "--instance-ids", "i-00000000000000000"], "InvalidInstanceID.NotFound"],
    [["ec2", "describe-instances", "--instance-ids", "nonsense"], "InvalidInstanceID.Malformed"],
    [["ec2", "create-security-group", "--group-name", "bia-dev", "--description", "x"], "InvalidGroup.Duplicate"],
    [["iam", "get-role", "--role-name", "nobody"], "NoSuchEntity"],
    [["iam", "delete-role", "--role-name", "role-acesso-ssm"], "DeleteConflict"],
    [["iam", "delete-instance-profile", "--instance-profile-name", "role-acesso-ssm"], "DeleteConflict"],
    [["ssm", "get-parameter", "--name", "/nothing"], "ParameterNotFound"],
    [["ecs", "list-clusters"], "SandboxNotEmulated"],
    [["ec2", "describe-nat-gateways"], "SandboxNotEmulated"],
  ])("is refused with AWS's own code: %j", (args, code) => {
    expect(aws(...args).code).toBe(code);
  });

  it("is refused the group that a machine uses", () => {
    const { answer } = aws("ec2", "describe-security-groups", "--filters", "Name=group-name,Values=bia-dev");
    const id = (answer as { SecurityGroups: { GroupId: string }[] }).SecurityGroups[0]?.GroupId;
    expect(aws("ec2", "delete-security-group", "--group-id", `${id}`).code).toBe("DependencyViolation");
  });
});
