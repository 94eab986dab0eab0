import type { BootModeType, Image, InstanceTypeInfo, InstanceTypeOffering } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { imagesOf } from "../../world/catalogue/images.ts";
import { type InstanceType, instanceType, instanceTypes, zonesOffering } from "../../world/catalogue/instance-types.ts";
import { zonesOf } from "../../world/catalogue/zones.ts";
import { recordsOf } from "../../world/ec2/resource-ids.ts";
import type { World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { type Ec2Operations, reading } from "./operation.ts";

const IMAGE_FILTERS: Filters<Image> = {
  "image-id": ({ ImageId }) => ImageId,
  name: ({ Name }) => Name,
  architecture: ({ Architecture }) => Architecture,
  "creation-date": ({ CreationDate }) => CreationDate,
  "block-device-mapping.volume-type": ({ BlockDeviceMappings }) =>
    BlockDeviceMappings?.map(({ Ebs }) => Ebs?.VolumeType),
  description: ({ Description }) => Description,
  "ena-support": ({ EnaSupport }) => EnaSupport,
  hypervisor: ({ Hypervisor }) => Hypervisor,
  "image-type": ({ ImageType }) => ImageType,
  "is-public": ({ Public }) => Public,
  "owner-alias": ({ ImageOwnerAlias }) => ImageOwnerAlias,
  "owner-id": ({ OwnerId }) => OwnerId,
  "root-device-name": ({ RootDeviceName }) => RootDeviceName,
  "root-device-type": ({ RootDeviceType }) => RootDeviceType,
  state: ({ State }) => State,
  "virtualization-type": ({ VirtualizationType }) => VirtualizationType,
  ...tagFilters(({ Tags }) => Tags),
};

const TYPE_FILTERS: Filters<InstanceTypeInfo> = {
  "instance-type": ({ InstanceType: name }) => name,
  "bare-metal": ({ BareMetal }) => BareMetal,
  "current-generation": ({ CurrentGeneration }) => CurrentGeneration,
  "free-tier-eligible": ({ FreeTierEligible }) => FreeTierEligible,
  "burstable-performance-supported": ({ BurstablePerformanceSupported }) => BurstablePerformanceSupported,
  hypervisor: ({ Hypervisor }) => Hypervisor,
  "memory-info.size-in-mib": ({ MemoryInfo }) => MemoryInfo?.SizeInMiB,
  "instance-storage-supported": ({ InstanceStorageSupported }) => InstanceStorageSupported,
  "processor-info.supported-architecture": ({ ProcessorInfo }) => ProcessorInfo?.SupportedArchitectures,
  "supported-root-device-type": ({ SupportedRootDeviceTypes }) => SupportedRootDeviceTypes,
  "supported-usage-class": ({ SupportedUsageClasses }) => SupportedUsageClasses,
  "supported-virtualization-type": ({ SupportedVirtualizationTypes }) => SupportedVirtualizationTypes,
  "vcpu-info.default-vcpus": ({ VCpuInfo }) => VCpuInfo?.DefaultVCpus,
};

const OFFERING_FILTERS: Filters<InstanceTypeOffering> = {
  "instance-type": ({ InstanceType: name }) => name,
  location: ({ Location }) => Location,
};

/** What AWS offers: images and instance types. */
export function catalogueOperations(world: World): Ec2Operations {
  return {
    DescribeImages: reading(
      ["ImageIds", "Owners", "Filters", "IncludeDeprecated", "NextToken", "MaxResults"],
      (input, { region }) => {
        const images = imagesOf(world.region(region).name);
        const table = { get: (id: string) => images.find(({ ImageId }) => ImageId === id) };
        const all = input.ImageIds?.length ? recordsOf("image", table, input.ImageIds) : images;
        const { Owners } = input;
        const owned = all.filter(
          ({ OwnerId = "", ImageOwnerAlias = "" }) =>
            !Owners?.length || Owners.includes(OwnerId) || Owners.includes(ImageOwnerAlias),
        );
        const { items, ...rest } = paged(
          filtered(owned, input.Filters, IMAGE_FILTERS),
          input,
          world.pageSize,
          input.ImageIds,
        );
        return { Images: items, ...rest };
      },
    ),

    DescribeInstanceTypes: reading(["InstanceTypes", "Filters", "NextToken", "MaxResults"], (input) => {
      const unknown = (input.InstanceTypes ?? []).filter((name) => !instanceType(name));
      // What AWS does not have either was refused before, by EC2's model.
      if (unknown.length > 0) throw notEmulated(`the instance types ${unknown.join(", ")}`);
      const wanted = instanceTypes().filter(
        ({ name }) => !input.InstanceTypes?.length || (input.InstanceTypes as string[]).includes(name),
      );
      const { items, ...rest } = paged(
        filtered(wanted.map(typeShape), input.Filters, TYPE_FILTERS),
        input,
        world.pageSize,
        input.InstanceTypes,
      );
      return { InstanceTypes: items, ...rest };
    }),

    DescribeInstanceTypeOfferings: reading(
      ["LocationType", "Filters", "NextToken", "MaxResults"],
      (input, { region }) => {
        const LocationType = input.LocationType ?? "region";
        const offerings = instanceTypes().flatMap(({ name }) =>
          locationsOffering(name, region, LocationType).map((Location) => ({
            InstanceType: name as NonNullable<InstanceTypeOffering["InstanceType"]>,
            Location,
            LocationType,
          })),
        );
        const found = filtered(offerings, input.Filters, OFFERING_FILTERS);
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { InstanceTypeOfferings: items, ...rest };
      },
    ),
  };
}

function locationsOffering(name: string, region: string, locationType: string): string[] {
  const zones = zonesOffering(name, region);
  if (locationType === "availability-zone") return zones;
  if (locationType === "region") return zones.length > 0 ? [region] : [];
  if (locationType !== "availability-zone-id") {
    throw new AwsError("InvalidParameterValue", `Invalid value '${locationType}' for locationType.`);
  }
  return zonesOf(region).flatMap((zone) => (zones.includes(zone.name) ? zone.id : []));
}

function typeShape({ name, vcpus, memoryMiB, architecture, freeTier, burstable, hypervisor }: InstanceType) {
  const nitro = hypervisor === "nitro";
  return {
    InstanceType: name as NonNullable<InstanceTypeInfo["InstanceType"]>,
    CurrentGeneration: !name.startsWith("m1."),
    FreeTierEligible: freeTier,
    BareMetal: false,
    BurstablePerformanceSupported: burstable,
    Hypervisor: hypervisor,
    MemoryInfo: { SizeInMiB: memoryMiB },
    ProcessorInfo: { SupportedArchitectures: [architecture] },
    VCpuInfo: { DefaultVCpus: vcpus, ...coresOf(vcpus, architecture, nitro) },
    InstanceStorageSupported: false,
    EbsInfo: {
      EbsOptimizedSupport: nitro ? ("default" as const) : ("unsupported" as const),
      EncryptionSupport: "supported" as const,
      NvmeSupport: nitro ? ("required" as const) : ("unsupported" as const),
    },
    NetworkInfo: {
      NetworkPerformance: nitro ? "Up to 5 Gigabit" : "Low to Moderate",
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      MaximumNetworkInterfaces: INTERFACES,
      NetworkCards: [
        {
          NetworkCardIndex: 0,
          NetworkPerformance: nitro ? "Up to 5 Gigabit" : "Low to Moderate",
          MaximumNetworkInterfaces: INTERFACES,
        },
      ],
      Ipv4AddressesPerInterface: 2,
      Ipv6AddressesPerInterface: 2,
      Ipv6Supported: true,
      EnaSupport: nitro ? ("required" as const) : ("unsupported" as const),
      EfaSupported: false,
      EncryptionInTransitSupported: false,
      EnaSrdSupported: false,
    },
    PlacementGroupInfo: { SupportedStrategies: ["partition" as const, "spread" as const] },
    HibernationSupported: architecture === "x86_64",
    DedicatedHostsSupported: !burstable || name.startsWith("t3."),
    AutoRecoverySupported: true,
    SupportedBootModes: bootModes(architecture, nitro),
    NitroEnclavesSupport: "unsupported" as const,
    NitroTpmSupport: nitro ? ("supported" as const) : ("unsupported" as const),
    PhcSupport: "unsupported" as const,
    SupportedRootDeviceTypes: ["ebs" as const],
    SupportedUsageClasses: ["on-demand" as const, "spot" as const],
    SupportedVirtualizationTypes: ["hvm" as const],
  };
}

/** Of the small types, which most of those here are. */
const INTERFACES = 2;

/** Graviton processors and those of t2 have a core for each vCPU, the others two threads in each. */
function coresOf(vcpus: number, architecture: InstanceType["architecture"], nitro: boolean) {
  const DefaultThreadsPerCore = architecture === "arm64" || !nitro ? 1 : 2;
  return { DefaultCores: vcpus / DefaultThreadsPerCore, DefaultThreadsPerCore };
}

function bootModes(architecture: InstanceType["architecture"], nitro: boolean): BootModeType[] {
  if (architecture === "arm64") return ["uefi"];
  return nitro ? ["legacy-bios", "uefi"] : ["legacy-bios"];
}
