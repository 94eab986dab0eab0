import { describe, expect, it } from "vitest";
import { type AwsAccess, AwsRefusal } from "../../../src/sandbox/machine/machine.ts";
import { FakeEngine } from "./fake-engine.ts";
import { boot, stdoutOf } from "./workbench.ts";

/** An account with one parameter; what is asked of other regions is refused. */
const aws: AwsAccess = {
  hasCredentials: true,
  callerIdentity: () => ({ UserId: "AROA1:i-1", Account: "000000000000", Arn: "arn:aws:sts::0:assumed-role/dev/i-1" }),
  registryPassword: (region) => `password of ${region}`,
  parameter(_, name, withDecryption) {
    if (name !== "/bia/db") throw new AwsRefusal("ParameterNotFound", "");
    return { Name: name, Type: "SecureString", Value: withDecryption ? "secret" : "AQICAHh", Version: 1 };
  },
};
const machine = (access: AwsAccess | undefined = aws) => boot({}, new FakeEngine(), access);

describe("the aws command of a machine", () => {
  it("comes with Amazon Linux 2023", async () => {
    expect(await stdoutOf(machine(), "aws --version")).toMatch(/^aws-cli\/2\.\d+\.\d+ Python\//);
  });

  it("prints a registry's password and nothing else, in the machine's own region unless it is told another", async () => {
    expect(await stdoutOf(machine(), "aws ecr get-login-password")).toBe("password of us-east-1");
    expect(await stdoutOf(machine(), "aws ecr get-login-password --region sa-east-1")).toBe("password of sa-east-1");
    expect(await stdoutOf(machine(), "AWS_REGION=eu-west-1 aws ecr get-login-password")).toBe("password of eu-west-1");
  });

  it("prints the one value of a secret that a script asks for", async () => {
    const ask = "aws ssm get-parameter --name /bia/db --query Parameter.Value --output text";
    expect(await stdoutOf(machine(), `${ask} --with-decryption`)).toBe("secret");
    expect(await stdoutOf(machine(), ask)).toBe("AQICAHh");
  });

  it("prints JSON by default", async () => {
    expect(JSON.parse(await stdoutOf(machine(), "aws sts get-caller-identity"))).toEqual(aws.callerIdentity());
    const identity = "aws sts get-caller-identity --query Account --output text";
    expect(await stdoutOf(machine(), identity, "ec2-user")).toBe("000000000000");
    expect(await stdoutOf(machine(), "aws sts get-caller-identity --output text")).toBe(
      "000000000000\tarn:aws:sts::0:assumed-role/dev/i-1\tAROA1:i-1",
    );
  });

  it("has no credentials on an instance without a role", async () => {
    const said = 'Unable to locate credentials. You can configure credentials by running "aws configure".';
    const nobody = { ...aws, hasCredentials: false };
    expect(await machine(nobody).run("aws sts get-caller-identity")).toEqual({
      stdout: "",
      stderr: `\n${said}\n`,
      exitCode: 253,
    });
    expect((await boot().run("aws ecr get-login-password")).stderr).toContain(said);
  });

  it("repeats AWS's refusal with the name of the operation", async () => {
    expect(await machine().run("aws ssm get-parameter --name /bia/none")).toEqual({
      stdout: "",
      stderr: "\nAn error occurred (ParameterNotFound) when calling the GetParameter operation: \n",
      exitCode: 254,
    });
  });

  it.each([
    ["aws ssm get-parameter", "the following arguments are required: --name"],
    ["aws sts get-caller-identity --name x", "Unknown options: --name"],
    ["aws ecr get-login-password now", "Unknown options: now"],
  ])("says what is wrong with %s", async (script, problem) => {
    const { stderr, exitCode } = await machine().run(script);
    expect(stderr).toContain(`aws: error: ${problem}`);
    expect(exitCode).toBe(252);
  });

  it.each([
    ["aws ecs update-service --force-new-deployment", "aws ecs update-service (it has aws ecr get-login-password,"],
    ["aws configure", "aws configure"],
    ["aws sts get-caller-identity --profile x", "the option --profile"],
    ["aws sts get-caller-identity --output table", "--output table"],
    ["aws sts get-caller-identity --query 'length(@)'", "--query length(@)"],
    ["AWS_PROFILE=x aws sts get-caller-identity", "credentials other than those of the machine's role"],
  ])("refuses %s by name", async (script, what) => {
    const { stderr, exitCode } = await machine().run(script);
    expect(stderr).toContain(what);
    expect(stderr).toContain("does not emulate");
    expect(exitCode).toBe(125);
  });
});
