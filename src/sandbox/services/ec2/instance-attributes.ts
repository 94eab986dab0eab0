import type { ModifyInstanceAttributeRequest } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { imagesOf } from "../../world/catalogue/images.ts";
import { instanceType } from "../../world/catalogue/instance-types.ts";
import { metadataOptions } from "../../world/ec2/metadata-options.ts";
import { invalidCombination, invalidValue, missingParameter, missingType } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import { groupOf, isVisible } from "../../world/ec2/security-groups.ts";
import { checkedUserData } from "../../world/ec2/user-data.ts";
import type { Instance } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { isKnown } from "./instances.ts";
import { paged } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const MODIFIABLE = [
  "Groups",
  "InstanceType",
  "DisableApiTermination",
  "DisableApiStop",
  "UserData",
  "InstanceInitiatedShutdownBehavior",
] as const;

/** What can be asked and changed of an instance, one attribute at a time. */
export function instanceAttributeOperations(world: World): Ec2Operations {
  return {
    DescribeInstanceAttribute: reading(
      ["InstanceId", "Attribute"],
      ({ InstanceId = "", Attribute }, { region: name }) => {
        const region = world.region(name);
        const { hidden, ...instance } = recordOf("instance", region.ec2.instances, InstanceId, isKnown(world));
        const value = <Value>(Value: Value) => ({ Value });
        switch (Attribute) {
          case "userData":
            return { InstanceId, UserData: hidden.userData === undefined ? {} : value(hidden.userData) };
          case "instanceType":
            return { InstanceId, InstanceType: value(instance.InstanceType) };
          case "disableApiTermination":
            return { InstanceId, DisableApiTermination: value(hidden.disableApiTermination) };
          case "disableApiStop":
            return { InstanceId, DisableApiStop: value(hidden.disableApiStop ?? false) };
          case "instanceInitiatedShutdownBehavior":
            return { InstanceId, InstanceInitiatedShutdownBehavior: value(hidden.shutdownBehavior) };
          case "rootDeviceName":
            return { InstanceId, RootDeviceName: value(instance.RootDeviceName) };
          case "groupSet":
            return { InstanceId, Groups: groupsOf(region, InstanceId) };
          default:
            throw notEmulated(`the instance attribute ${Attribute}`);
        }
      },
    ),

    DescribeInstanceCreditSpecifications: reading(
      ["InstanceIds", "MaxResults", "NextToken"],
      ({ InstanceIds, ...paging }, { region: name }) => {
        const { instances } = world.region(name).ec2;
        const found = InstanceIds?.length
          ? recordsOf("instance", instances, InstanceIds, isKnown(world))
          : instances.filter(isKnown(world));
        const specifications = found
          .filter(({ InstanceType }) => instanceType(InstanceType)?.burstable)
          // ("Unlimited mode": T2 is standard where nobody says anything, later ones are unlimited)
          .map(({ InstanceId, InstanceType, hidden }) => ({
            InstanceId,
            CpuCredits: hidden.cpuCredits ?? (InstanceType.startsWith("t2.") ? "standard" : "unlimited"),
          }));
        const { items, ...rest } = paged(specifications, paging, world.pageSize, InstanceIds);
        return { InstanceCreditSpecifications: items, ...rest };
      },
    ),

    ModifyInstanceAttribute: changing(["InstanceId", ...MODIFIABLE], (input, { region: name }) => {
      const region = world.region(name);
      const instance = recordOf("instance", region.ec2.instances, input.InstanceId ?? "", isKnown(world));
      const asked = MODIFIABLE.filter((attribute) => input[attribute] !== undefined);
      if (asked.length === 0) throw new AwsError("InvalidParameterCombination", "No attributes specified.");
      if (asked.length > 1) throw invalidCombination("Fields for multiple attribute types specified");
      const apply = planOf(world, region, instance, input);
      return () => {
        apply();
        return {};
      };
    }),

    ModifyInstanceMetadataOptions: changing(
      [
        "InstanceId",
        "HttpTokens",
        "HttpPutResponseHopLimit",
        "HttpEndpoint",
        "HttpProtocolIpv6",
        "InstanceMetadataTags",
      ],
      ({ InstanceId = "", DryRun: _dryRun, ...options }, { region: name }) => {
        const { instances } = world.region(name).ec2;
        const instance = recordOf("instance", instances, InstanceId, isKnown(world));
        const InstanceMetadataOptions = metadataOptions(options, instance.MetadataOptions);
        return () => {
          instances.update(InstanceId, (draft) => {
            draft.MetadataOptions = InstanceMetadataOptions;
          });
          return { InstanceId, InstanceMetadataOptions: { ...InstanceMetadataOptions, State: "pending" } };
        };
      },
    ),
  };
}

function planOf(world: World, region: Region, instance: Instance, input: ModifyInstanceAttributeRequest): () => void {
  const { InstanceId } = instance;
  const update = (change: (draft: Instance) => void) => () => void region.ec2.instances.update(InstanceId, change);
  if (input.Groups) return planGroups(world, region, instance, input.Groups);
  if (input.DisableApiTermination) {
    const isDisabled = input.DisableApiTermination.Value ?? false;
    return update((draft) => {
      draft.hidden.disableApiTermination = isDisabled;
    });
  }
  if (input.DisableApiStop) {
    const isDisabled = input.DisableApiStop.Value ?? false;
    return update((draft) => {
      draft.hidden.disableApiStop = isDisabled;
    });
  }
  if (input.InstanceInitiatedShutdownBehavior) {
    const behavior = input.InstanceInitiatedShutdownBehavior.Value;
    if (behavior !== "stop" && behavior !== "terminate")
      throw invalidValue(`Invalid value '${behavior}' for instanceInitiatedShutdownBehavior.`);
    return update((draft) => {
      draft.hidden.shutdownBehavior = behavior;
    });
  }
  if (instance.State.Name !== "stopped") {
    throw new AwsError("IncorrectInstanceState", `The instance '${InstanceId}' is not in the 'stopped' state.`);
  }
  if (input.InstanceType) {
    const type = checkedType(region, instance, input.InstanceType.Value);
    return update((draft) => {
      draft.InstanceType = type;
    });
  }
  const userData = checkedUserData(Buffer.from(input.UserData?.Value ?? new Uint8Array()).toString("base64"));
  return update((draft) => {
    delete draft.hidden.userData;
    if (userData !== undefined) draft.hidden.userData = userData;
  });
}

function checkedType(region: Region, { ImageId }: Instance, name: string | undefined): Instance["InstanceType"] {
  const type = instanceType(name ?? "");
  const image = imagesOf(region.name).find((one) => one.ImageId === ImageId);
  if (!type) throw missingType(name);
  if (image && image.Architecture !== type.architecture) {
    throw invalidValue(
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.Architecture}' of the specified AMI.`,
    );
  }
  return type.name as Instance["InstanceType"];
}

function planGroups(world: World, region: Region, { InstanceId }: Instance, ids: readonly string[]): () => void {
  const { networkInterfaces } = region.ec2;
  if (ids.length === 0) throw missingParameter("GroupId");
  const groups = ids.map((GroupId) => groupOf(region, { GroupId }, isVisible(world)));
  const primary = networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === InstanceId);
  const foreign = groups.find(({ VpcId }) => VpcId !== primary?.VpcId);
  if (!primary || foreign) {
    throw invalidCombination(
      `You cannot assign the security groups to the instance ${InstanceId}: they belong to different networks.`,
    );
  }
  return () =>
    void networkInterfaces.update(primary.NetworkInterfaceId, (draft) => {
      draft.Groups = groups.map(({ GroupId, GroupName }) => ({ GroupId, GroupName }));
    });
}

function groupsOf(region: Region, instanceId: string) {
  return region.ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === instanceId)?.Groups ?? [];
}
