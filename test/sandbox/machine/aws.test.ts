import { describe, expect, it } from "vitest";
import { type AwsAccess, AwsRefusal } from "../../../src/sandbox/machine/aws-access.ts";
import { accountForTest, ROLE } from "./account.ts";
import { FakeEngine } from "./fake-engine.ts";
import { boot, stdoutOf } from "./workbench.ts";

/** A machine whose role may do what `allows` says. */
async function machineForTest(allows?: (action: string, resource?: string) => boolean) {
  return boot({}, new FakeEngine(), await accountForTest(allows));
}

const REGISTER = `aws ecs register-task-definition --family web --container-definitions '[{"name":"web","image":"web:1","memory":128}]'`;

describe("the aws command of a machine", () => {
  it("comes with Amazon Linux 2023", async () => {
    expect(await stdoutOf(await machineForTest(), "aws --version")).toMatch(/^aws-cli\/2\.\d+\.\d+ Python\//);
  });

  it("is the machine's role", async () => {
    const machine = await machineForTest();
    const identity = JSON.parse(await stdoutOf(machine, "aws sts get-caller-identity"));
    expect(identity).toEqual({ UserId: "AROA0123456789:i-0123456789abcdef0", Account: "000000000000", Arn: ROLE });
    const ask = "aws sts get-caller-identity --query Account --output text";
    expect(await stdoutOf(machine, ask, "ec2-user")).toBe("000000000000");
  });

  it("prints a registry's password and nothing else, in the machine's own region unless it is told another", async () => {
    const machine = await machineForTest();
    const here = await stdoutOf(machine, "aws ecr get-login-password");
    const there = await stdoutOf(machine, "AWS_REGION=sa-east-1 aws ecr get-login-password");
    const claim = (password: string) => JSON.parse(Buffer.from(password, "base64").toString());
    expect(Buffer.from(claim(here).payload, "base64").toString()).toContain(ROLE);
    expect(claim(here).datakey).not.toBe(claim(there).datakey);
    expect(here).not.toContain("\n");
  });

  it("reads and writes what the course's scripts do: repositories, parameters, revisions", async () => {
    const machine = await machineForTest();
    expect(
      await stdoutOf(machine, "aws ecr create-repository --repository-name bia --query repository.repositoryName"),
    ).toBe('"bia"');
    await machine.run("aws ssm put-parameter --name /bia/db --value 's,e c' --type SecureString");
    const secret = "aws ssm get-parameter --name /bia/db --query Parameter.Value --output text";
    expect(await stdoutOf(machine, `${secret} --with-decryption`)).toBe("s,e c");
    expect(await stdoutOf(machine, secret)).toMatch(/^AQICAHh/);
    const revision = `set -e
${REGISTER} > /dev/null
current=$(aws ecs describe-task-definition --task-definition web --query taskDefinition)
echo "$current" | jq --arg image web:2 '.containerDefinitions[0].image = $image
  | del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .placementConstraints, .compatibilities, .registeredAt, .registeredBy)' > /tmp/next.json
aws ecs register-task-definition --cli-input-json file:///tmp/next.json --query taskDefinition.revision --output text
aws ecs describe-task-definition --task-definition web --query '[taskDefinition.status, taskDefinition.containerDefinitions[0].image]' --output text`;
    await machine.run("dnf install -y jq");
    expect(await machine.run(revision)).toEqual({ stdout: "2\nACTIVE\tweb:2\n", stderr: "", exitCode: 0 });
  });

  it("makes what the launch script asks for of its shorthand", async () => {
    const machine = await machineForTest();
    const { stdout, stderr } = await machine.run(`
vpc=$(aws ec2 describe-vpcs --filters Name=isDefault,Values=true --query "Vpcs[0].VpcId" --output text)
subnet=$(aws ec2 describe-subnets --filters Name=vpc-id,Values=$vpc Name=availabilityZone,Values=us-east-1a --query "Subnets[0].SubnetId" --output text)
group=$(aws ec2 create-security-group --group-name bia-dev --description work --vpc-id $vpc --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 3001 --cidr 0.0.0.0/0 > /dev/null
printf '#!/bin/bash\\necho hello\\n' > /tmp/data.sh
image=$(aws ssm get-parameters --names /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --query 'Parameters[0].Value' --output text)
id=$(aws ec2 run-instances --image-id $image --count 1 --instance-type t3.micro --security-group-ids $group --subnet-id $subnet \\
  --associate-public-ip-address --block-device-mappings '[{"DeviceName":"/dev/xvda","Ebs":{"VolumeSize":15,"VolumeType":"gp2"}}]' \\
  --tag-specifications 'ResourceType=instance,Tags=[{Key=Name,Value=bia-dev}]' --user-data file:///tmp/data.sh \\
  --query 'Instances[0].InstanceId' --output text)
aws ec2 describe-instances --instance-ids $id --query 'Reservations[].Instances[].[Tags[0].Value, SubnetId, SecurityGroups[0].GroupName]' --output text | sed "s/$subnet/same/"
aws ec2 describe-instance-attribute --instance-id $id --attribute userData --query UserData.Value --output text | base64 -d
aws ec2 describe-security-groups --group-ids $group --query "SecurityGroups[0].IpPermissions[?ToPort==\\\`3001\\\` && IpProtocol=='tcp'].IpRanges[].CidrIp" --output text`);
    expect(stderr).toBe("");
    expect(stdout).toBe("bia-dev\tsame\tbia-dev\n#!/bin/bash\necho hello\n0.0.0.0/0\n");
  });

  it("reads lists whole, however many pages they have, and as many items as it is told", async () => {
    const machine = await machineForTest();
    await machine.run(`for n in $(seq 13); do ${REGISTER} > /dev/null; done`);
    const list = "aws ecs list-task-definitions --family-prefix web --sort DESC";
    expect(await stdoutOf(machine, `${list} --query 'length(taskDefinitionArns)'`)).toBe("13");
    expect(await stdoutOf(machine, `${list} --max-items 12 --query 'taskDefinitionArns[11]' --output text`)).toMatch(
      /web:2$/,
    );
    const rest = `token=$(${list} --max-items 12 --query NextToken --output text); ${list} --starting-token $token --output text`;
    expect(await stdoutOf(machine, rest)).toMatch(
      /^TASKDEFINITIONARNS\tarn:aws:ecs:us-east-1:000000000000:task-definition\/web:1$/,
    );
  });

  it("waits until a state is there, and says which one will not come", async () => {
    const machine = await machineForTest();
    const start = `aws ecs create-cluster --cluster-name c > /dev/null; ${REGISTER} > /dev/null;
      aws ecs create-service --cluster c --service-name s --task-definition web --desired-count 0 > /dev/null`;
    await machine.run(start);
    expect(await machine.run("aws ecs wait services-stable --cluster c --services s")).toMatchObject({ exitCode: 0 });
    expect(await machine.run("aws ecs wait services-stable --cluster c --services other")).toEqual({
      stdout: "",
      stderr:
        '\nWaiter ServicesStable failed: Waiter encountered a terminal failure state: For expression "failures[].reason" we matched expected path: "MISSING" at least once\n',
      exitCode: 255,
    });
  });

  it("asks again what was throttled, three times at most", async () => {
    const account = await accountForTest();
    let throttled = 2;
    const aws: AwsAccess = {
      hasCredentials: true,
      service: (name) => account.service(name),
      call: async (service, region, operation, input) => {
        if (throttled-- > 0) throw new AwsRefusal("ThrottlingException", operation, "Rate exceeded");
        return account.call(service, region, operation, input);
      },
    };
    const machine = await boot({}, new FakeEngine(), aws);
    const ask = "aws sts get-caller-identity --query Account --output text";
    expect(await stdoutOf(machine, ask)).toBe("000000000000");
    throttled = 3;
    expect((await machine.run(ask)).stderr).toContain(
      "(ThrottlingException) when calling the GetCallerIdentity operation",
    );
  });

  it("has no credentials on an instance without a role", async () => {
    const said = 'Unable to locate credentials. You can configure credentials by running "aws configure".';
    const nobody = boot({}, new FakeEngine(), { ...(await accountForTest()), hasCredentials: false });
    expect(await nobody.run("aws sts get-caller-identity")).toEqual({
      stdout: "",
      stderr: `\n${said}\n`,
      exitCode: 253,
    });
    expect((await boot().run("aws ecr get-login-password")).stderr).toContain(said);
  });

  it.each([
    [
      "aws ssm get-parameter --name /bia/db",
      "AccessDeniedException",
      `User: ${ROLE} is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:000000000000:parameter/bia/db because no identity-based policy allows the ssm:GetParameter action`,
    ],
    [
      "aws ecs update-service --cluster c --service s --force-new-deployment",
      "AccessDeniedException",
      `User: ${ROLE} is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:us-east-1:000000000000:service/c/s because no identity-based policy allows the ecs:UpdateService action`,
    ],
    [
      "aws ec2 describe-instances",
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. User: ${ROLE} is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action`,
    ],
    [
      "aws rds describe-db-instances",
      "AccessDenied",
      `User: ${ROLE} is not authorized to perform: rds:DescribeDBInstances on resource: arn:aws:rds:us-east-1:000000000000:db:* because no identity-based policy allows the rds:DescribeDBInstances action`,
    ],
  ])("is refused %s in AWS's words where the role does not allow it", async (script, code, message) => {
    const { stderr, exitCode } = await (await machineForTest(() => false)).run(script);
    expect(stderr).toMatch(new RegExp(`^\nAn error occurred \\(${code}\\) when calling the \\w+ operation: `));
    expect(stderr).toContain(message);
    expect(exitCode).toBe(254);
  });

  it.each([
    [
      "aws ssm get-parameter --name /none",
      "An error occurred (ParameterNotFound) when calling the GetParameter operation: ",
      254,
    ],
    ["aws ssm get-parameter", "aws: error: the following arguments are required: --name", 252],
    ["aws sts get-caller-identity --name x", "aws: error: Unknown options: --name, x", 252],
    ["aws ecr get-login-password now", "aws: error: Unknown options: now", 252],
    ["aws ecs describe-service", "aws: error: argument operation: Invalid choice, valid choices are:", 252],
    ["aws ecs list-clusters --query 'clusterArns['", "Bad value for --query clusterArns[:", 252],
    [
      "aws ec2 describe-vpcs --filters Name=a,b=",
      'Parameter validation failed:\nUnknown parameter in Filters[0]: "b", must be one of: Name, Values',
      252,
    ],
    [
      "aws ec2 describe-vpcs --filters Name",
      "Error parsing parameter '--filters': Expected: '=', received: 'EOF' for input:\nName\n    ^",
      252,
    ],
    [
      `aws ecs register-task-definition --cli-input-json '{"family":"a","revision":1,"containerDefinitions":[]}'`,
      'Parameter validation failed:\nUnknown parameter in input: "revision", must be one of: ',
      252,
    ],
    [
      "aws iam create-role --role-name a --assume-role-policy-document file://none.json",
      "Unable to load paramfile file://none.json: [Errno 2] No such file or directory: 'none.json'",
      252,
    ],
  ])("says what is wrong with %s", async (script, problem, code) => {
    const { stderr, exitCode } = await (await machineForTest()).run(script);
    expect(stderr).toContain(problem);
    expect(exitCode).toBe(code);
  });

  it.each([
    ["aws configure", "aws configure"],
    ["aws s3 ls", "aws s3"],
    ["aws lambda list-functions", "aws lambda"],
    ["aws ecs execute-command --cluster c", "aws ecs execute-command"],
    ["aws sts get-caller-identity --profile x", "the option --profile"],
    ["AWS_PROFILE=x aws sts get-caller-identity", "credentials other than those of the machine's role"],
    ["aws ecs list-attributes --target-type container-instance", "the operation ListAttributes of ecs"],
  ])("refuses %s by name", async (script, what) => {
    const { stderr, exitCode } = await (await machineForTest()).run(script);
    expect(stderr).toContain(what);
    expect(stderr).toContain("does not emulate");
    expect(exitCode).toBe(125);
  });
});
