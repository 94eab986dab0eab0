import { expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, look, tagsOf } from "./aws.ts";

const PASSWORD = "/bia-infra/bia/bia/password";

describeOnAwsCli("the aws CLI on Systems Manager of the sandbox", () => {
  it("knows who it is", () => {
    expect(look("sts", "get-caller-identity")).toMatchObject({ Account: expect.stringMatching(/^\d{12}$/) });
  });

  it("shows the password's parameter, encrypted; the value only to who asks for it", () => {
    const { Parameters } = look("ssm", "describe-parameters", "--parameter-filters", `Key=Name,Values=${PASSWORD}`);
    expect(Parameters).toMatchObject([{ Name: PASSWORD, Type: "SecureString", Tier: "Standard", Version: 1 }]);
    const closed = look("ssm", "get-parameter", "--name", PASSWORD).Parameter.Value;
    const open = look("ssm", "get-parameter", "--name", PASSWORD, "--with-decryption").Parameter.Value;
    // What RDS takes: 8 to 128 printable characters, without / " @ and blank.
    expect(open).toMatch(/^[^/"@ ]{32}$/);
    expect(closed).not.toContain(open);
    const tags = ["--resource-type", "Parameter", "--resource-id", PASSWORD];
    expect(tagsOf(look("ssm", "list-tags-for-resource", ...tags).TagList)).toMatchObject({ "bia-infra:stack": "bia" });
  });

  it("shows no lock: nothing is under way", () => {
    const { Parameters } = look("ssm", "describe-parameters");
    expect(Parameters.map(({ Name }: { Name: string }) => Name)).toEqual([PASSWORD]);
  });

  it("shows the machine's agent", () => {
    const { InstanceInformationList } = look("ssm", "describe-instance-information");
    expect(InstanceInformationList).toContainEqual(
      expect.objectContaining({ PingStatus: "Online", PlatformName: "Amazon Linux", InstanceId: machine() }),
    );
  });

  it("runs a script on the machine and reads its output", () => {
    const script = 'commands=["whoami","docker --version","cat /etc/fstab"]';
    const sent = look(
      ...["ssm", "send-command", "--document-name", "AWS-RunShellScript", "--instance-ids", machine()],
      ...["--parameters", script],
    );
    const names = ["--command-id", sent.Command.CommandId, "--instance-id", machine()];
    expect(aws("ssm", "wait", "command-executed", ...names).code).toBeUndefined();
    expect(look("ssm", "get-command-invocation", ...names)).toMatchObject({
      Status: "Success",
      ResponseCode: 0,
      StandardOutputContent: expect.stringMatching(/^root\nDocker version [\s\S]*\/swapfile swap swap/),
    });
  });

  const run = (instance: string) => [
    ...["send-command", "--document-name", "AWS-RunShellScript", "--parameters", 'commands=["true"]'],
    ...["--instance-ids", instance],
  ];
  const parameter = ["put-parameter", "--name", PASSWORD, "--value", "x", "--type", "SecureString"];
  it.each([
    [["get-parameter", "--name", "/nothing"], "ParameterNotFound"],
    [["delete-parameter", "--name", "/nothing"], "ParameterNotFound"],
    [parameter, "ParameterAlreadyExists"],
    [run("i-00000000000000000"), "InvalidInstanceId"],
    [
      [
        ...["get-command-invocation", "--command-id", "00000000-0000-0000-0000-000000000000"],
        ...["--instance-id", "i-00000000000000000"],
      ],
      "InvocationDoesNotExist",
    ],
    [["list-documents"], "SandboxNotEmulated"],
  ])("is refused with AWS's own code: %j", (args, code) => {
    expect(aws("ssm", ...args).code).toBe(code);
  });

  it.each([
    ["sqs", "list-queues"],
    ["lambda", "list-functions"],
  ])("is told by name that %s is not emulated", (service, operation) => {
    expect(aws(service, operation).code).toBe("SandboxNotEmulated");
  });
});

function machine(): string {
  const name = ["--filters", "Name=tag:Name,Values=bia-dev"];
  return ask("Reservations[0].Instances[0].InstanceId", "ec2", "describe-instances", ...name);
}
