import {
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  type CreateLaunchTemplateCommandInput,
  CreateLaunchTemplateVersionCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeTagsCommand,
  type EC2Client,
  ModifyLaunchTemplateCommand,
  paginateDescribeLaunchTemplateVersions,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { AL2023, createGroup, ECS_AMI, instanceOf } from "./fixtures.ts";

const LaunchTemplateName = "launchTempCurso117";
const DATA = { ImageId: AL2023, InstanceType: "t3.micro" } as const;

const create = (ec2: EC2Client, input: Partial<CreateLaunchTemplateCommandInput> = {}) =>
  ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: DATA, ...input }));

const addVersion = (
  ec2: EC2Client,
  data: CreateLaunchTemplateCommandInput["LaunchTemplateData"],
  SourceVersion?: string,
) => ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData: data, SourceVersion }));

async function versions(ec2: EC2Client, ...Versions: string[]) {
  const found = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions }));
  return found.LaunchTemplateVersions?.map(({ VersionNumber, DefaultVersion, LaunchTemplateData }) => [
    VersionNumber,
    DefaultVersion,
    LaunchTemplateData?.InstanceType,
  ]);
}

test("a new version leaves the older ones and the default one as they are", async () => {
  const { ec2 } = await clientsOf();
  await create(ec2);
  await addVersion(ec2, { InstanceType: "t3.small" }, "1");
  expect(await versions(ec2, "$Latest", "$Default")).toEqual([
    [2, false, "t3.small"],
    [1, true, "t3.micro"],
  ]);
  const { LaunchTemplateVersions } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ["2"] }),
  );
  expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId).toBe(AL2023);
  await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName, DefaultVersion: "2" }));
  expect(await versions(ec2, "$Default")).toEqual([[2, true, "t3.small"]]);
});

test("versions are listed newest first, page by page", async () => {
  const { ec2 } = await clientsOf({ pageSize: 2 });
  await create(ec2);
  for (let count = 0; count < 4; count += 1) await addVersion(ec2, DATA);
  const numbers: (number | undefined)[] = [];
  for await (const page of paginateDescribeLaunchTemplateVersions({ client: ec2 }, { LaunchTemplateName })) {
    numbers.push(...(page.LaunchTemplateVersions ?? []).map(({ VersionNumber }) => VersionNumber));
  }
  expect(numbers).toEqual([5, 4, 3, 2, 1]);
});

test("a name is taken once, and is at least three characters long", async () => {
  const { ec2 } = await clientsOf();
  await create(ec2);
  expect(await refusal(create(ec2))).toBe(
    "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
  );
  expect(await refusal(create(ec2, { LaunchTemplateName: "lt" }))).toMatch(
    /^InvalidLaunchTemplateName.MalformedException: /,
  );
});

test("the same client token makes one template and one version", async () => {
  const { ec2 } = await clientsOf();
  const first = await create(ec2, { ClientToken: "a" });
  const again = await create(ec2, { ClientToken: "a" });
  expect(again.LaunchTemplate?.LaunchTemplateId).toBe(first.LaunchTemplate?.LaunchTemplateId);
  const version = { LaunchTemplateName, LaunchTemplateData: DATA, ClientToken: "b" };
  await ec2.send(new CreateLaunchTemplateVersionCommand(version));
  await ec2.send(new CreateLaunchTemplateVersionCommand(version));
  expect((await versions(ec2))?.map(([number]) => number)).toEqual([2, 1]);
});

test("what a template names is not looked at before something is launched by it", async () => {
  const { ec2 } = await clientsOf();
  await create(ec2, {
    LaunchTemplateData: {
      ...DATA,
      KeyName: "keyPairUniversal",
      SecurityGroupIds: ["sg-0123456789abcdef0"],
      IamInstanceProfile: { Name: "nobody" },
    },
  });
  const launch = () =>
    refusal(ec2.send(new RunInstancesCommand({ LaunchTemplate: { LaunchTemplateName }, MinCount: 1, MaxCount: 1 })));
  expect(await launch()).toBe("InvalidKeyPair.NotFound: The key pair 'keyPairUniversal' does not exist");
  await ec2.send(new CreateKeyPairCommand({ KeyName: "keyPairUniversal" }));
  expect(await launch()).toBe("InvalidGroup.NotFound: The security group 'sg-0123456789abcdef0' does not exist");
});

test("a launch has all that the template says and the request does not", async () => {
  const { ec2 } = await clientsOf();
  const group = await createGroup(ec2, "bia-ec2");
  const tags = (Value: string) => [{ ResourceType: "instance" as const, Tags: [{ Key: "Name", Value }] }];
  const { LaunchTemplate } = await create(ec2, {
    LaunchTemplateData: { ...DATA, SecurityGroupIds: [group], TagSpecifications: tags("of the template") },
  });
  const LaunchTemplateId = LaunchTemplate?.LaunchTemplateId ?? "";
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      LaunchTemplate: { LaunchTemplateId, Version: "$Latest" },
      InstanceType: "t3.small",
      MinCount: 1,
      MaxCount: 1,
    }),
  );
  const instance = await instanceOf(ec2, Instances?.[0]?.InstanceId ?? "");
  expect(instance).toMatchObject({ InstanceType: "t3.small", SecurityGroups: [{ GroupName: "bia-ec2" }] });
  expect(instance.Tags).toEqual([
    { Key: "Name", Value: "of the template" },
    { Key: "aws:ec2launchtemplate:id", Value: LaunchTemplateId },
    { Key: "aws:ec2launchtemplate:version", Value: "1" },
  ]);
});

test("a root volume smaller than the snapshot of the image for ECS is refused at launch", async () => {
  const { ec2 } = await clientsOf();
  const BlockDeviceMappings = [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 8, VolumeType: "gp2" as const } }];
  await create(ec2, { LaunchTemplateData: { ...DATA, ImageId: ECS_AMI, BlockDeviceMappings } });
  const launch = ec2.send(
    new RunInstancesCommand({ LaunchTemplate: { LaunchTemplateName }, MinCount: 1, MaxCount: 1 }),
  );
  expect(await refusal(launch)).toMatch(
    /^InvalidBlockDeviceMapping: Volume of size 8GB is smaller than snapshot 'snap-\w+', expect size >= 30GB$/,
  );
});

test("the default version stays when versions are deleted, and numbers are not used again", async () => {
  const { ec2 } = await clientsOf();
  await create(ec2);
  await addVersion(ec2, DATA);
  const deleted = await ec2.send(
    new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ["1", "2", "9"] }),
  );
  expect(deleted.SuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber)).toEqual([2]);
  expect(
    deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber, ResponseError }) => [
      VersionNumber,
      ResponseError?.Code,
    ]),
  ).toEqual([
    [1, "unexpectedError"],
    [9, "launchTemplateVersionDoesNotExist"],
  ]);
  const { LaunchTemplateVersion } = await addVersion(ec2, DATA);
  expect(LaunchTemplateVersion?.VersionNumber).toBe(3);
});

test("what is not there is not found, by whatever it is asked for", async () => {
  const { ec2 } = await clientsOf();
  const byName = (names: string[]) => ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: names }));
  expect(await refusal(byName(["nobody"]))).toBe(
    "InvalidLaunchTemplateName.NotFoundException: At least one of the launch templates specified in the request does not exist.",
  );
  const LaunchTemplateId = "lt-0123456789abcdef0";
  expect(await refusal(ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })))).toMatch(
    /^InvalidLaunchTemplateId.NotFound: /,
  );
  const Filters = [{ Name: "launch-template-name", Values: ["nobody"] }];
  expect((await ec2.send(new DescribeLaunchTemplatesCommand({ Filters }))).LaunchTemplates).toEqual([]);
  await create(ec2);
  expect(await refusal(versions(ec2, "7"))).toMatch(/^InvalidLaunchTemplateId.VersionNotFound: .*version 7/);
  await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
  expect(await refusal(versions(ec2, "1"))).toMatch(/^InvalidLaunchTemplateName.NotFoundException: /);
});

test("templates have tags, from the beginning and later", async () => {
  const { ec2 } = await clientsOf();
  const TagSpecifications = [{ ResourceType: "launch-template" as const, Tags: [{ Key: "a", Value: "1" }] }];
  const { LaunchTemplate } = await create(ec2, { TagSpecifications });
  const id = LaunchTemplate?.LaunchTemplateId ?? "";
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "b", Value: "2" }] }));
  const found = await ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] }));
  expect(found.LaunchTemplates?.[0]?.Tags?.map(({ Key }) => Key)).toEqual(["a", "b"]);
  const Filters = [{ Name: "resource-id", Values: [id] }];
  expect((await ec2.send(new DescribeTagsCommand({ Filters }))).Tags).toHaveLength(2);
});

test("a key pair's private half is answered once; its name is taken until it is deleted", async () => {
  const { ec2 } = await clientsOf();
  const { KeyMaterial, KeyFingerprint } = await ec2.send(new CreateKeyPairCommand({ KeyName: "mine" }));
  expect(KeyMaterial).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({ KeyNames: ["mine"] }));
  expect(KeyPairs).toMatchObject([{ KeyName: "mine", KeyType: "rsa", KeyFingerprint }]);
  expect(await refusal(ec2.send(new CreateKeyPairCommand({ KeyName: "mine" })))).toBe(
    "InvalidKeyPair.Duplicate: The keypair 'mine' already exists.",
  );
  await ec2.send(new DeleteKeyPairCommand({ KeyName: "mine" }));
  await ec2.send(new DeleteKeyPairCommand({ KeyName: "mine" }));
  expect(await refusal(ec2.send(new DescribeKeyPairsCommand({ KeyNames: ["mine"] })))).toBe(
    "InvalidKeyPair.NotFound: The key pair 'mine' does not exist",
  );
});
