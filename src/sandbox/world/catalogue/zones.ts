import { entry } from "../entry.ts";

/** Regions that an account has without opting in, with their zones: name -> prefix of the zone ids and letters. */
const ZONES: Readonly<Record<string, readonly [prefix: string, letters: string]>> = {
  "us-east-1": ["use1", "abcdef"],
  "us-east-2": ["use2", "abc"],
  "us-west-1": ["usw1", "ab"],
  "us-west-2": ["usw2", "abcd"],
  "ca-central-1": ["cac1", "abd"],
  "sa-east-1": ["sae1", "abc"],
  "eu-central-1": ["euc1", "abc"],
  "eu-north-1": ["eun1", "abc"],
  "eu-west-1": ["euw1", "abc"],
  "eu-west-2": ["euw2", "abc"],
  "eu-west-3": ["euw3", "abc"],
  "ap-northeast-1": ["apne1", "acd"],
  "ap-northeast-2": ["apne2", "abcd"],
  "ap-northeast-3": ["apne3", "abc"],
  "ap-south-1": ["aps1", "abc"],
  "ap-southeast-1": ["apse1", "abc"],
  "ap-southeast-2": ["apse2", "abc"],
};

/** Regions that AWS has and this account has not enabled. */
export const NOT_ENABLED: readonly string[] = [
  "af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7",
  "ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1",
].flatMap((line) => line.split(" "));

/** Regions of China, of GovCloud, of the isolated partitions and of the European one. (SDK, partitions.json) */
const OTHER_PARTITION = /^(cn|us-gov|us-iso[a-z]?|eu-isoe|eusc)-/;

/** Whether the account's keys are known in a region. Partitions know nothing of each other's accounts. */
export function knowsAccount(region: string): boolean {
  return !NOT_ENABLED.includes(region) && !OTHER_PARTITION.test(region);
}

export interface Zone {
  readonly name: string;
  /** The same place has the same id in every account, whatever its name there. */
  readonly id: string;
}

export const REGION_NAMES: readonly string[] = Object.keys(ZONES);

/** Zones of a region; none if there is no such region. */
export function zonesOf(region: string): Zone[] {
  const [prefix, letters] = entry(ZONES, region) ?? ["", ""];
  return [...letters].map((letter, index) => ({ name: region + letter, id: `${prefix}-az${index + 1}` }));
}

/** The end of private host names: us-east-1 is older than the rule. */
export function privateDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
}

/** The host name that EC2 gives to a private address. */
export function privateName(region: string, address: string): string {
  return `ip-${address.replaceAll(".", "-")}.${privateDomain(region)}`;
}
