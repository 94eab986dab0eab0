/** A rule as the variables write it: who may come in, on one port. */
interface Rule {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly cidr: string;
  readonly description?: string | undefined;
}

/** A rule as the variables write it, for a security group. */
export function fromAddresses({ port, ...rule }: Rule) {
  return { ...rule, fromPort: port, toPort: port };
}
