import type { Image } from "@aws-sdk/client-ec2";
import { stableId } from "../ids.ts";

interface Release {
  readonly name: string;
  readonly description: string;
  readonly architecture: "x86_64" | "arm64";
  /** Size of the snapshot behind the root device. */
  readonly gib: number;
  readonly created: string;
  readonly owner: string;
  /** Public parameters whose value is the image's id. */
  readonly parameters: readonly string[];
  /** Public parameter that describes an image for ECS as JSON. */
  readonly ecsParameter?: string;
}

const LATEST = "/aws/service/ami-amazon-linux-latest";
const ECS = "/aws/service/ecs/optimized-ami/amazon-linux-2023";
const ECS_AGENT = "1.101.2";
const DOCKER = "Docker version 25.0.14";

const RELEASES: readonly Release[] = [
  amazonLinux("x86_64", "kernel-6.1", ["kernel-default", "kernel-6.1"]),
  amazonLinux("arm64", "kernel-6.1", ["kernel-default", "kernel-6.1"]),
  forEcs("x86_64", `${ECS}/recommended`),
  forEcs("arm64", `${ECS}/arm64/recommended`),
];

function amazonLinux(architecture: "x86_64" | "arm64", kernel: string, names: readonly string[]): Release {
  return {
    name: `al2023-ami-2023.9.20261109.0-${kernel}-${architecture}`,
    description: `Amazon Linux 2023 AMI 2023.9.20261109.0 ${architecture} HVM kernel-6.1`,
    architecture,
    gib: 8,
    created: "2026-11-10T00:21:34.000Z",
    owner: "137112412989",
    parameters: names.map((name) => `${LATEST}/al2023-ami-${name}-${architecture}`),
  };
}

function forEcs(architecture: "x86_64" | "arm64", ecsParameter: string): Release {
  return {
    name: `al2023-ami-ecs-hvm-2023.0.20261112-kernel-6.1-${architecture}`,
    description: `Amazon Linux AMI 2023.0.20261112 ${architecture} ECS HVM EBS`,
    architecture,
    gib: 30,
    created: "2026-11-13T04:12:09.000Z",
    owner: "591542846629",
    parameters: [`${ecsParameter}/image_id`],
    ecsParameter,
  };
}

/** Public images of a region: what their ids, snapshots and devices are. */
export function imagesOf(region: string): Image[] {
  return RELEASES.map((release) => toImage(release, region));
}

/** Public parameters of a region that lead to its images, by name (Systems Manager, "Calling AMI public parameters"). */
export function imageParameters(region: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const release of RELEASES) {
    const imageId = idOf(release, region);
    for (const name of release.parameters) parameters.set(name, imageId);
    if (release.ecsParameter) parameters.set(release.ecsParameter, JSON.stringify(ecsDescription(release, imageId)));
  }
  return parameters;
}

/** Whether an image brings the ECS agent ("Amazon ECS-optimized Linux AMIs"). */
export function hasEcsAgent(region: string, imageId: string): boolean {
  return RELEASES.some((release) => release.ecsParameter !== undefined && idOf(release, region) === imageId);
}

function idOf({ name }: Release, region: string): string {
  return stableId("ami", `${region} ${name}`);
}

function ecsDescription({ name }: Release, imageId: string): object {
  return {
    ecs_agent_version: ECS_AGENT,
    ecs_runtime_version: DOCKER,
    image_id: imageId,
    image_name: name,
    image_version: "2023.0.20261112",
    os: "Amazon Linux 2023",
    schema_version: 1,
    source_image_name: "al2023-ami-minimal-2023.9.20261109.0",
  };
}

function toImage(release: Release, region: string): Image {
  const { name, description, architecture, gib, created, owner } = release;
  return {
    ImageId: idOf(release, region),
    Name: name,
    Description: description,
    Architecture: architecture,
    CreationDate: created,
    ImageLocation: `amazon/${name}`,
    ImageOwnerAlias: "amazon",
    OwnerId: owner,
    ImageType: "machine",
    Public: true,
    State: "available",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    RootDeviceType: "ebs",
    RootDeviceName: "/dev/xvda",
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    EnaSupport: true,
    SriovNetSupport: "simple",
    BootMode: architecture === "arm64" ? "uefi" : "uefi-preferred",
    ImdsSupport: "v2.0",
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/xvda",
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: false,
          Iops: 3000,
          Throughput: 125,
          SnapshotId: stableId("snap", `${region} ${name}`),
          VolumeSize: gib,
          VolumeType: "gp3",
        },
      },
    ],
    Tags: [],
  };
}
