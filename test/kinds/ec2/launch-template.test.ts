import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
  type RequestLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { scalingStack } from "../autoscaling/stack.ts";
import { type Drift, describeContract } from "../contract.ts";

const LaunchTemplateName = "launchTempCurso117";
const only = "launch-template";
const stack = scalingStack();

/** Somebody makes a version that differs in one thing. */
function version(field: RegExp, data: RequestLaunchTemplateData): Drift {
  const request = { LaunchTemplateName, SourceVersion: "$Latest", LaunchTemplateData: data };
  return { field, make: ({ ec2 }) => ec2.send(new CreateLaunchTemplateVersionCommand(request)) };
}

describeContract({
  task: only,
  stack,
  drifts: {
    "another instance type": version(/^instanceType$/, { InstanceType: "t3.small" }),
    "other security groups": version(/^securityGroups$/, { SecurityGroupIds: ["sg-0123456789abcdef0"] }),
    "another instance profile": version(/^instanceProfile$/, { IamInstanceProfile: { Name: "other" } }),
    "a key pair": version(/^keyPair$/, { KeyName: "keyPairUniversal" }),
    "another script": version(/^userData$/, { UserData: Buffer.from("#!/bin/bash\n").toString("base64") }),
    "another volume": version(/^volume \/dev\/xvda$/, {
      BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeSize: 40, VolumeType: "gp2" } }],
    }),
    "a second, useless volume": version(/^volume \/dev\/sda1$/, {
      BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8, VolumeType: "gp2" } }],
    }),
    "metadata without a token": version(/^metadataOptions\.httpTokens$/, {
      MetadataOptions: { HttpTokens: "optional" },
    }),
    "metadata out of reach of containers": version(/^metadataOptions\.httpPutResponseHopLimit$/, {
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    }),
    "other tags of its instances": version(/^tag Course of the instance$/, {
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Course", Value: "118" }] }],
    }),
    "another default version": {
      field: /^defaultVersion$/,
      make: async ({ ec2 }) => {
        const { LaunchTemplateVersions } = await ec2.send(
          new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName, Versions: ["$Latest"] }),
        );
        const LaunchTemplateData = LaunchTemplateVersions?.[0]?.LaunchTemplateData as RequestLaunchTemplateData;
        await ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateName, LaunchTemplateData }));
      },
    },
  },
});

describe("a launch template", () => {
  async function created(): Promise<{ sandbox: RunningSandbox; clients: AwsClients }> {
    const sandbox = await sandboxForTest({ delays: "none" });
    const clients = clientsOf(sandbox);
    onTestFinished(() => clients.close());
    await createOn(sandbox, { only, stack });
    return { sandbox, clients };
  }

  const versions = async ({ ec2 }: AwsClients) =>
    (await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName }))).LaunchTemplateVersions ?? [];

  it("has the image's own root device, at least as large as its snapshot", async () => {
    const { clients } = await created();
    const [first] = await versions(clients);
    expect(first?.LaunchTemplateData?.BlockDeviceMappings).toMatchObject([
      { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 30, VolumeType: "gp3", DeleteOnTermination: true } },
    ]);
  });

  it("gets a new version when its variables change, and keeps the older ones until it is destroyed", async () => {
    const { sandbox, clients } = await created();
    const larger = scalingStack({ template: { instanceType: "t3.small" } });
    const planned = (await planOn(sandbox, { only, stack: larger })).tasks.find(({ id }) => id === only);
    expect(planned?.changes).toEqual([{ field: "instanceType", from: "t3.micro", to: "t3.small" }]);
    await createOn(sandbox, { only, stack: larger });
    const after = await versions(clients);
    expect(after.map((one) => [one.VersionNumber, one.DefaultVersion, one.LaunchTemplateData?.InstanceType])).toEqual([
      [2, true, "t3.small"],
      [1, false, "t3.micro"],
    ]);
    await destroyOn(sandbox, { only, stack: larger });
    expect((await clients.ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates).toEqual([]);
  });

  it("moves its group to a version that is still to be made, which the plan says", async () => {
    const { sandbox } = await created();
    const group = "group";
    await createOn(sandbox, { only: group, stack });
    const larger = { only: group, stack: scalingStack({ template: { instanceType: "t3.small" } }) };
    const planned = await planOn(sandbox, larger);
    const changes = [{ field: "launchTemplate.version", from: "1", to: "(its next version)" }];
    expect(planned.tasks.find(({ id }) => id === group)).toMatchObject({ verdict: "update", changes });
    expect(verdicts(await createOn(sandbox, larger))).toEqual(verdicts(planned));
  });

  it("is no other because a newer image is there", async () => {
    const { sandbox, clients } = await created();
    const data = { ...(await versions(clients))[0]?.LaunchTemplateData, ImageId: "ami-0123456789abcdef0" };
    const request = { LaunchTemplateName, LaunchTemplateData: data as RequestLaunchTemplateData };
    await clients.ec2.send(new CreateLaunchTemplateVersionCommand(request));
    await clients.ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateName, DefaultVersion: "2" }));
    expect(verdicts(await planOn(sandbox, { only, stack }))[only]).toBe("unchanged");
  });

  it("shows nothing of its script in a plan", async () => {
    const { sandbox } = await created();
    const other = scalingStack({ template: { userData: "#!/bin/bash\necho hidden\n" } });
    const planned = await planOn(sandbox, { only, stack: other });
    expect(JSON.stringify(planned.events)).not.toContain("hidden");
    expect(JSON.stringify(planned.tasks)).toContain("a script of 24 bytes");
  });

  it("that somebody else made is used as it is and survives a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const clients = clientsOf(sandbox);
    onTestFinished(() => clients.close());
    const LaunchTemplateData = { InstanceType: "t3.large" as const };
    await clients.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData }));
    expect(verdicts(await createOn(sandbox, { only, stack }))[only]).toBe("foreign");
    expect(verdicts(await destroyOn(sandbox, { only, stack }))[only]).toBe("foreign");
    expect(await versions(clients)).toHaveLength(1);
  });
});
