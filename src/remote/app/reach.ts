import type { Aws } from "../../aws/clients.ts";
import { rulesOfGroups } from "../../aws/security-group-rules.ts";
import { type Answer, ask } from "./ask.ts";

/** How a machine's port is reached from here. */
export interface Reach {
  /** The machine's public address; empty: it has none. */
  readonly address: string;
  readonly port: number;
  /** Ids of its security groups. */
  readonly securityGroups: readonly string[];
}

/** Asks a machine from here. Nobody can where it has no address, or no security group of its opens the port to anyone. */
export async function askMachine(aws: Aws, reach: Reach, path: string): Promise<Answer> {
  const { address, port } = reach;
  if (address === "" || !(await isOpen(aws, reach))) return { is: "unreachable" };
  return ask(address, port, path);
}

async function isOpen(aws: Aws, { port, securityGroups }: Reach): Promise<boolean> {
  const rules = await rulesOfGroups(aws, securityGroups);
  return rules.some(({ IsEgress, IpProtocol, FromPort = -1, ToPort = -1 }) => {
    if (IsEgress) return false;
    return IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= port && port <= ToPort);
  });
}
