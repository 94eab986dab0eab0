import { createHash } from "node:crypto";
import type { Reservation, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { freePrivateAddresses } from "../../world/addresses.ts";
import { place } from "../../world/ec2/launch.ts";
import { checked, countOf } from "../../world/ec2/launch-request.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { checkVcpus } from "../../world/ec2/vcpu-quota.ts";
import { checkPlanAllowsMachine } from "../../world/free-plan.ts";
import { newId } from "../../world/ids.ts";
import type { Instance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { reservations } from "./instance-shapes.ts";
import { changing, type Ec2Operations } from "./operation.ts";

const LONGEST_TOKEN = 64;

/** RunInstances. */
export function runInstancesOperation(world: World): Ec2Operations {
  return {
    RunInstances: changing(
      [
        "LaunchTemplate",
        "ImageId",
        "InstanceType",
        "MinCount",
        "MaxCount",
        "SubnetId",
        "SecurityGroupIds",
        "SecurityGroups",
        "NetworkInterfaces",
        "Placement",
        "IamInstanceProfile",
        "BlockDeviceMappings",
        "KeyName",
        "UserData",
        "MetadataOptions",
        "TagSpecifications",
        "ClientToken",
        "DisableApiTermination",
        "InstanceInitiatedShutdownBehavior",
        "EbsOptimized",
        "CreditSpecification",
        "HibernationOptions",
        "Monitoring",
      ],
      (input, { region: name, account }) => {
        const region = world.region(name);
        const earlier = launchedBefore(world.now(), region, input);
        if (earlier) return () => reservationOf(region, earlier, account);
        const most = countOf(input);
        const launch = checked(world, region, input);
        const count = checkVcpus(world, region, launch.type, input.MinCount ?? 1, most);
        const addresses = freePrivateAddresses(region, launch.subnet.SubnetId, count);
        if (!addresses) {
          throw new AwsError(
            "InsufficientFreeAddressesInSubnet",
            `There are not enough free addresses in subnet '${launch.subnet.SubnetId}' to satisfy the requested number of instances.`,
          );
        }
        return () => {
          // A dry run does not find this out.
          checkPlanAllowsMachine(world, launch.type.name);
          const reservationId = newId("r");
          const instances = addresses.map((address, index) =>
            place(world, region, launch, { account, reservationId, index, address }),
          );
          remember(region, input, instances);
          return reservationOf(region, instances, account);
        };
      },
    ),
  };
}

function reservationOf(region: Region, instances: readonly Instance[], account: string): Reservation {
  return reservations(region, instances, account)[0] ?? {};
}

/**
 * What the same client token launched; for the same parameters only, and as long as it is not terminated. The state is
 * looked at before the parameters: AWS does not say which comes first, and this is the newer of the two answers.
 */
function launchedBefore(now: Date, region: Region, input: RunInstancesRequest): Instance[] | undefined {
  const { ClientToken: token } = input;
  if (token === undefined) return undefined;
  if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]*$/.test(token)) {
    throw invalidValue(`Value (${token}) for parameter clientToken is invalid. Invalid token`);
  }
  const known = region.ec2.clientTokens.get(token);
  if (!known || (known.freeAt && known.freeAt <= now)) return undefined;
  const instances = known.instanceIds.flatMap((id) => region.ec2.instances.get(id) ?? []);
  if (instances.every(({ State }) => State.Name === "terminated")) {
    throw new AwsError(
      "IdempotentInstanceTerminated",
      "The client token you have provided is associated with a terminated instance. Please use a different client token.",
    );
  }
  if (known.request !== hashOf(input)) {
    throw new AwsError(
      "IdempotentParameterMismatch",
      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    );
  }
  return instances;
}

function remember(region: Region, input: RunInstancesRequest, instances: readonly Instance[]): void {
  if (input.ClientToken === undefined) return;
  const instanceIds = instances.map(({ InstanceId }) => InstanceId);
  region.ec2.clientTokens.put({ token: input.ClientToken, request: hashOf(input), instanceIds });
}

function hashOf({ ClientToken: _token, DryRun: _dryRun, ...request }: RunInstancesRequest): string {
  const sorted = JSON.stringify(request, (_key, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(sorted).digest("hex");
}
