import { zonesOf } from "./zones.ts";

/** Of an instance type, what is needed here. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: "x86_64" | "arm64";
  /** Counts towards the free tier of a new account. */
  readonly freeTier: boolean;
  readonly burstable: boolean;
  readonly hypervisor: "nitro" | "xen";
}

const GIB = 1024;
const T_SIZES: ReadonlyArray<readonly [size: string, vcpus: number, gib: number]> = [
  ["nano", 2, 0.5],
  ["micro", 2, 1],
  ["small", 2, 2],
  ["medium", 2, 4],
  ["large", 2, 8],
  ["xlarge", 4, 16],
  ["2xlarge", 8, 32],
];
const T2_SIZES: typeof T_SIZES = [
  ["nano", 1, 0.5],
  ["micro", 1, 1],
  ["small", 1, 2],
  ["medium", 2, 4],
  ["large", 2, 8],
  ["xlarge", 4, 16],
  ["2xlarge", 8, 32],
];
const LARGE = ["large", "xlarge", "2xlarge", "4xlarge"];
/** GiB per vCPU of the families that are not burstable. */
const FAMILIES: Readonly<Record<string, number>> = {
  c5: 2,
  c6i: 2,
  c7i: 2,
  c7g: 2,
  m5: 4,
  m6i: 4,
  m7i: 4,
  m7g: 4,
  r5: 8,
  r6i: 8,
};
const FREE_TIER = ["t2.micro", "t3.micro", "t3.small", "t4g.micro", "t4g.small"];

const TYPES: ReadonlyMap<string, InstanceType> = new Map(
  [
    // What an instance has that names no type (ec2:RunInstances).
    type("m1.small", 1, 1.7),
    ...T2_SIZES.map(([size, vcpus, gib]) => type(`t2.${size}`, vcpus, gib)),
    ...["t3", "t3a", "t4g"].flatMap((family) =>
      T_SIZES.map(([size, vcpus, gib]) => type(`${family}.${size}`, vcpus, gib)),
    ),
    ...Object.entries(FAMILIES).flatMap(([family, gib]) =>
      LARGE.map((size, index) => type(`${family}.${size}`, 2 ** (index + 1), 2 ** (index + 1) * gib)),
    ),
  ].map((each) => [each.name, each]),
);

/** Zones with old hardware only. Which letter such a zone has depends on the account; often it is this one. */
const OLD_ZONES = ["us-east-1e"];
const OLD_FAMILIES = ["m1", "t2", "m5", "c5", "r5"];

export function instanceTypes(): InstanceType[] {
  return [...TYPES.values()];
}

export function instanceType(name: string): InstanceType | undefined {
  return TYPES.get(name);
}

/** Names of the zones of a region that have this type. */
export function zonesOffering(name: string, region: string): string[] {
  if (!TYPES.has(name)) return [];
  const [family = ""] = name.split(".");
  const zones = zonesOf(region).map((zone) => zone.name);
  return zones.filter((zone) => OLD_FAMILIES.includes(family) || !OLD_ZONES.includes(zone));
}

function type(name: string, vcpus: number, gib: number): InstanceType {
  return {
    name,
    vcpus,
    memoryMiB: Math.floor(gib * GIB),
    architecture: /^[a-z]\dg/.test(name) ? "arm64" : "x86_64",
    freeTier: FREE_TIER.includes(name),
    burstable: name.startsWith("t"),
    hypervisor: /^(?:m1|t2)\./.test(name) ? "xen" : "nitro",
  };
}
