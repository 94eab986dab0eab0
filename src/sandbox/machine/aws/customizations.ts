import { type Arity, type Given, UsageError } from "./command-line.ts";

/** What the `aws` command adds to an operation: options of its own, which it makes those of the operation. */
export interface Customization {
  readonly options: Readonly<Record<string, Arity>>;
  /** @throws UsageError */
  apply(given: Map<string, readonly string[]>): void;
}

const RULE: Customization = {
  options: { protocol: "one", port: "one", cidr: "one", "source-group": "one", "group-owner": "one" },
  apply(given) {
    const [protocol, port, cidr, group, owner] = Object.keys(RULE.options).map((name) => taken(given, name));
    if ([protocol, port, cidr, group, owner].every((value) => value === undefined)) return;
    const [from, to] = port === undefined ? [] : port === "all" || port === "-1" ? [-1, -1] : portsOf(port);
    const pair = {
      ...(owner !== undefined && { UserId: owner }),
      ...(group !== undefined && (group.startsWith("sg-") ? { GroupId: group } : { GroupName: group })),
    };
    const permission = {
      ...(protocol !== undefined && { IpProtocol: protocol === "all" ? "-1" : protocol }),
      ...(from !== undefined && { FromPort: from, ToPort: to }),
      ...(cidr !== undefined && { IpRanges: [{ CidrIp: cidr }] }),
      ...(Object.keys(pair).length > 0 && { UserIdGroupPairs: [pair] }),
    };
    given.set("ip-permissions", [JSON.stringify([permission])]);
  },
};

const RUN_INSTANCES: Customization = {
  options: { count: "one", "associate-public-ip-address": "flag", "no-associate-public-ip-address": "flag" },
  apply(given) {
    const [least = "1", most = least] = taken(given, "count")?.split(":") ?? [];
    if (!given.has("min-count")) given.set("min-count", [least]).set("max-count", [most]);
    const [userData] = given.get("user-data") ?? [];
    if (userData !== undefined) given.set("user-data", [Buffer.from(userData).toString("base64")]);
    const associate = given.delete("associate-public-ip-address");
    if (!given.delete("no-associate-public-ip-address") && !associate) return;
    // What else is said of the network then belongs to the interface, too. (awscli/customizations/ec2/runinstances.py)
    const [subnet] = given.get("subnet-id") ?? [];
    const groups = given.get("security-group-ids");
    const network = {
      DeviceIndex: 0,
      AssociatePublicIpAddress: associate,
      ...(subnet !== undefined && { SubnetId: subnet }),
      ...(groups && { Groups: groups }),
    };
    given.delete("subnet-id");
    given.delete("security-group-ids");
    given.set("network-interfaces", [JSON.stringify([network])]);
  },
};

const customizations: Readonly<Record<string, Customization>> = {
  "ec2 authorize-security-group-egress": RULE,
  "ec2 authorize-security-group-ingress": RULE,
  "ec2 revoke-security-group-egress": RULE,
  "ec2 revoke-security-group-ingress": RULE,
  "ec2 run-instances": RUN_INSTANCES,
};

/** Undefined: the command has the operation's options alone. */
export function customizationOf(command: string): Customization | undefined {
  return customizations[command];
}

/** Route 53's answers have ids with a path in front, which its requests do not take. (botocore: `fix_route53_ids`) */
export function withoutPath(given: Given): Given {
  const ids = ["hosted-zone-id", "id", "delegation-set-id"];
  return new Map(
    [...given].map(([name, texts]) => [
      name,
      ids.includes(name) ? texts.map((text) => text.slice(text.lastIndexOf("/") + 1)) : texts,
    ]),
  );
}

function taken(given: Map<string, readonly string[]>, name: string): string | undefined {
  const value = given.get(name)?.[0];
  given.delete(name);
  return value;
}

function portsOf(text: string): [number, number] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (from === undefined) throw new UsageError("port parameter should be of the form <from[-to]> (e.g. 22 or 22-25)");
  return [Number(from), Number(to)];
}
