import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { DescribeInstanceInformationCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../aws/clients.ts";
import { awsError } from "../aws/errors.ts";
import { waysOut } from "../aws/way-out.ts";
import { Explained, NotYet } from "../engine/errors.ts";

/** Seconds that an agent usually takes to register, from the machine's start. */
const USUALLY = 60;

/**
 * Whether a machine takes commands. Its agent registers half a minute to two minutes after the machine runs; until then
 * SendCommand is refused.
 *
 * @throws {NotYet} it takes none yet
 * @throws {Explained} it never will, because it does not reach the internet
 */
export async function agentOnline(aws: Aws, instanceId: string): Promise<void> {
  const { facts } = aws.shared;
  const online = `agent of ${instanceId} online`;
  if (facts.has(online)) return;
  const Filters = [{ Key: "InstanceIds", Values: [instanceId] }];
  const { InstanceInformationList } = await aws.ssm.send(new DescribeInstanceInformationCommand({ Filters }));
  const agent = InstanceInformationList?.[0];
  if (agent?.PingStatus === "Online") {
    facts.set(online, true);
    return;
  }
  if (agent) throw new NotYet(`the machine's SSM agent is ${agent.PingStatus}`);
  await connectedOrThrow(aws, instanceId);
  throw new NotYet("the machine's SSM agent has not registered yet", USUALLY);
}

async function connectedOrThrow(aws: Aws, instanceId: string): Promise<void> {
  const connected = `way out of ${instanceId}`;
  if (aws.shared.facts.has(connected)) return;
  const trouble = await cutOff(aws, instanceId).catch((error) => {
    // Who may not look at routes waits as long as it takes.
    if (!awsError(error)) throw error;
    return undefined;
  });
  if (trouble) throw trouble;
  aws.shared.facts.set(connected, true);
}

/**
 * Why a running machine cannot reach the internet, and so no service of AWS. A subnet with a NAT gateway does without public
 * addresses; one with an internet gateway does not. (VPC User Guide, "Enable internet access")
 */
async function cutOff({ ec2, region }: Aws, instanceId: string): Promise<Explained | undefined> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
  const { State, SubnetId = "", VpcId = "", PublicIpAddress } = Reservations?.[0]?.Instances?.[0] ?? {};
  // Its address comes with its being running.
  if (State?.Name !== "running") throw new NotYet(`the machine is ${State?.Name}`);
  const way = (await waysOut(ec2, VpcId))(SubnetId);
  if (way === "none") {
    return new Explained(
      `the machine ${instanceId} cannot reach AWS: its subnet ${SubnetId} has no route to the internet`,
      `In the VPC console add a route from 0.0.0.0/0 to the VPC's internet gateway to the route table of ${SubnetId}, then run the same command again.`,
    );
  }
  if (way === "other" || PublicIpAddress !== undefined) return undefined;
  return new Explained(
    `the machine ${instanceId} cannot reach AWS: it has no public address, because its subnet ${SubnetId} gives none`,
    `Run \`aws ec2 modify-subnet-attribute --region ${region} --subnet-id ${SubnetId} --map-public-ip-on-launch\`, destroy the machine, which gets an address at its launch only, and create it again.`,
  );
}
