import { AwsError } from "../../wire/service.ts";
import { freeElasticAddress } from "../../world/addresses.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { ElasticAddress } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type Filters, filtered, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<ElasticAddress> = {
  "allocation-id": ({ AllocationId }) => AllocationId,
  "association-id": ({ AssociationId }) => AssociationId,
  domain: ({ Domain }) => Domain,
  "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
  "public-ip": ({ PublicIp }) => PublicIp,
  ...tagFilters(({ Tags }) => Tags),
};

/** Elastic IP addresses. What holds one says so on the address itself. */
export function addressOperations(world: World): Ec2Operations {
  return {
    AllocateAddress: changing(["Domain", "TagSpecifications"], ({ TagSpecifications }, { region: name }) => {
      const region = world.region(name);
      const { addresses } = region.ec2;
      if (addresses.size >= world.quotas.addresses) {
        throw new AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
      }
      const Tags = tagsFor("elastic-ip", TagSpecifications);
      return () => {
        const address: ElasticAddress = {
          AllocationId: newId("eipalloc"),
          PublicIp: freeElasticAddress(world.regions()),
          Domain: "vpc",
          PublicIpv4Pool: "amazon",
          NetworkBorderGroup: name,
          Tags,
        };
        addresses.put(address);
        const { Tags: _, ...answer } = address;
        return answer;
      };
    }),

    DescribeAddresses: reading(["AllocationIds", "Filters"], ({ AllocationIds, Filters }, { region }) => {
      const { addresses } = world.region(region).ec2;
      const all = AllocationIds?.length ? recordsOf("address", addresses, AllocationIds) : addresses.all();
      return { Addresses: filtered(all, Filters, FILTERS) };
    }),

    // What its name is when asked by address; nobody can give it one here.
    DescribeAddressesAttribute: reading(["AllocationIds", "Attribute"], ({ AllocationIds }, { region }) => {
      const { addresses } = world.region(region).ec2;
      const all = AllocationIds?.length ? recordsOf("address", addresses, AllocationIds) : addresses.all();
      return { Addresses: all.map(({ PublicIp, AllocationId }) => ({ PublicIp, AllocationId })) };
    }),

    ReleaseAddress: changing(["AllocationId", "NetworkBorderGroup"], (input, { region: name }) => {
      const { AllocationId = "", NetworkBorderGroup = name } = input;
      const { addresses } = world.region(name).ec2;
      const address = recordOf("address", addresses, AllocationId);
      // "If you provide an incorrect network border group, you receive an InvalidAddress.NotFound error." (ec2:ReleaseAddress)
      if (NetworkBorderGroup !== name) {
        throw new AwsError("InvalidAddress.NotFound", `Address '${address.PublicIp}' not found.`);
      }
      if (address.AssociationId !== undefined) {
        // Of an instance's it would be InvalidIPAddress.InUse.
        throw heldByGateway();
      }
      return () => {
        addresses.delete(AllocationId);
        return {};
      };
    }),

    // Nothing but NAT gateways holds addresses here, and what these hold nobody else takes away.
    DisassociateAddress: changing(["AssociationId"], ({ AssociationId }, { region }) => {
      if (AssociationId === undefined) throw missingParameter("AssociationId");
      const held = world.region(region).ec2.addresses.find((one) => one.AssociationId === AssociationId);
      if (held) throw heldByGateway();
      throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${AssociationId}' does not exist`);
    }),
  };
}

/** What AWS says to whoever touches the address of a NAT gateway. With HTTP 400. (kubernetes/kops#1604; terraform-provider-aws#3572) */
function heldByGateway(): AwsError {
  return new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
}
