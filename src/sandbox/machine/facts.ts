/** What a machine is told about itself by the EC2 that launched it. */
export interface MachineFacts {
  readonly instanceId: string;
  readonly imageId: string;
  /** What its image brings beside what every Amazon Linux 2023 has. Absent: nothing. */
  readonly packages?: readonly string[] | undefined;
  /** E.g. `t3.micro`; Graviton families (`t4g`, `m7g` ...) make the machine an aarch64 one. */
  readonly instanceType: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  /** Absent: the instance has no public address. */
  readonly publicIp?: string | undefined;
  /** E.g. `ip-172-31-0-10.ec2.internal`. */
  readonly hostname: string;
  /** Size of the root volume. */
  readonly volumeGiB: number;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** Name of the instance profile's role; absent: the instance has none. */
  readonly role?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Architecture as `uname -m` gives it. Graviton families have a `g` after the generation (EC2 instance type names). */
export function architectureOf({ instanceType }: MachineFacts): "x86_64" | "aarch64" {
  return /^[a-z]+\d+g[a-z]*\./.test(instanceType) || instanceType.startsWith("a1.") ? "aarch64" : "x86_64";
}

/** UUID of the root file system; any will do, as long as /etc/fstab and the tools agree. */
export const rootUuid = "3f1a6b0e-7c52-4f0d-9d55-2b8c1e6a9f43";
