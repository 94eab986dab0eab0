import { spawnSync } from "node:child_process";
import { describe, inject } from "vitest";

const env = inject("awsCli");

/** A part of the specification that the `aws` CLI checks: a client that we did not write. */
export const describeOnAwsCli = describe.skipIf(env === undefined);

/** What a call came to. */
export interface Answer {
  /** Absent: the call says nothing, or failed. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape each test knows
  readonly answer: any;
  /** AWS's code of the error; absent: there was none. */
  readonly code: string | undefined;
  /** AWS's words. */
  readonly message: string | undefined;
}

/** The `aws` CLI on one AWS. */
export interface AwsCli {
  /** Runs `aws` with these arguments. */
  aws(...args: readonly string[]): Answer;
  /** The answer of a call that must succeed. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape each test knows
  look(...args: readonly string[]): any;
  /** The one value that `--query` finds. */
  ask(query: string, ...args: readonly string[]): string;
}

/**
 * The `aws` CLI with this environment. The endpoint is given as a flag: version 1 of the CLI does not heed AWS_ENDPOINT_URL for
 * RDS in us-east-1 (awscli/customizations/overridesslcommonname.py).
 */
export function awsCli(env: () => Readonly<Record<string, string>>): AwsCli {
  function aws(...args: readonly string[]): Answer {
    const flags = ["--output", "json", "--endpoint-url", env().AWS_ENDPOINT_URL ?? ""];
    const { stdout, stderr } = spawnSync("aws", [...args, ...flags], { env: env(), encoding: "utf8" });
    const [, code, message] = /An error occurred \(([\w.]+)\)[^:]*: ([\s\S]*)/.exec(stderr) ?? [];
    if (code === undefined && stderr.trim() !== "") throw new Error(`aws ${args.join(" ")}\n${stderr}`);
    return { answer: stdout.trim() === "" ? undefined : JSON.parse(stdout), code, message: message?.trim() };
  }

  function look(...args: readonly string[]) {
    const { answer, code, message } = aws(...args);
    if (code !== undefined) throw new Error(`aws ${args.join(" ")}: ${code}: ${message}`);
    return answer;
  }

  function ask(query: string, ...args: readonly string[]): string {
    const found = look(...args, "--query", query);
    if (typeof found !== "string") throw new Error(`${query} of aws ${args.join(" ")} is ${JSON.stringify(found)}`);
    return found;
  }

  return { aws, look, ask };
}

/** On the sandbox that has the whole stack, which is only looked at. */
export const { aws, look, ask } = awsCli(() => ({ ...env }));

/** Tags by key, of whatever shape a service gives them. */
export function tagsOf(
  tags: readonly { Key?: string; key?: string; Value?: string; value?: string }[],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, key, Value, value }) => [Key ?? key ?? "", Value ?? value ?? ""]));
}

let groups: Record<string, string> | undefined;

/** Id of a security group of the stack. */
export function groupId(name: string): string {
  groups ??= Object.fromEntries(
    look("ec2", "describe-security-groups").SecurityGroups.map((one: { GroupName: string; GroupId: string }) => [
      one.GroupName,
      one.GroupId,
    ]),
  );
  const id = groups?.[name];
  if (id === undefined) throw new Error(`there is no security group ${name}`);
  return id;
}

/** Ids of the default subnets of these zones. */
export function subnetsOf(...zones: readonly string[]): string[] {
  const { Subnets } = look("ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true");
  const ids = new Map<string, string>(
    Subnets.map((one: { AvailabilityZone: string; SubnetId: string }) => [one.AvailabilityZone, one.SubnetId]),
  );
  return zones.map((zone) => ids.get(zone) ?? `no default subnet in ${zone}`);
}
