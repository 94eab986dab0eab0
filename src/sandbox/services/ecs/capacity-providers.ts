import type {
  AutoScalingGroupProvider,
  CapacityProvider as EcsCapacityProvider,
  ManagedScaling,
} from "@aws-sdk/client-ecs";
import { nameIn } from "../../world/ecs/names.ts";
import { ensureLinkedRole } from "../../world/linked-roles.ts";
import type { CapacityProvider } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { arnOf, checkName, clientError, type EcsOperations, invalid, mergedTags, paged } from "./operation.ts";
import { FARGATE_PROVIDERS } from "./strategy.ts";

/** ECS, CreateCapacityProvider: the numbers that a provider has unless it says otherwise. */
const USUAL_SCALING = {
  targetCapacity: 100,
  minimumScalingStepSize: 1,
  maximumScalingStepSize: 10000,
  instanceWarmupPeriod: 300,
} as const;

/** Capacity providers that are Auto Scaling groups, and AWS's own ones for Fargate. */
export function capacityProviderOperations(world: World): EcsOperations {
  return {
    CreateCapacityProvider: {
      accepts: ["name", "autoScalingGroupProvider", "tags"],
      handle(input, { account, region: regionName }) {
        const region = world.region(regionName);
        const { name = "", autoScalingGroupProvider } = input;
        checkName("The capacity provider name", name);
        if (/^(?:aws|ecs|fargate)/i.test(name)) {
          throw clientError(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, underscores (_), and hyphens (-). The name cannot be prefixed with 'aws', 'ecs', or 'fargate'. Specify a valid name and try again.",
          );
        }
        const present = region.ecs.capacityProviders.get(name);
        if (present && present.status !== "INACTIVE") {
          throw clientError(
            "The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.",
          );
        }
        if (!autoScalingGroupProvider) throw invalid("An Auto Scaling group provider must be specified.");
        const provider = checkedGroup(region, autoScalingGroupProvider);
        ensureLinkedRole(world, "ecs.amazonaws.com");
        const created = region.ecs.capacityProviders.put({
          capacityProviderArn: arnOf(region, account, `capacity-provider/${name}`),
          name,
          // At once: clients of providers over scaling groups know no other state (*seen*, with Terraform's).
          status: "ACTIVE",
          updateStatus: "CREATE_COMPLETE",
          type: "EC2_AUTOSCALING",
          autoScalingGroupProvider: provider,
          tags: mergedTags([], input.tags),
          hidden: {},
        });
        return { capacityProvider: shape(created, true) };
      },
    },

    DescribeCapacityProviders: {
      accepts: ["capacityProviders", "include", "nextToken", "maxResults"],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const { capacityProviders: asked, include = [] } = input;
        const own = region.ecs.capacityProviders.all().map((one) => shape(one, include.includes("TAGS")));
        const all = [...FARGATE_PROVIDERS.map((fargate) => fargateShape(region, account, fargate)), ...own];
        const failures = (asked ?? [])
          .map(nameIn)
          .filter((one) => !all.some((provider) => provider.name === one))
          .map((one) => ({ arn: arnOf(region, account, `capacity-provider/${one}`), reason: "MISSING" }));
        const found = all.filter((provider) => !asked || asked.map(nameIn).includes(provider.name ?? ""));
        const { items, ...rest } = paged(found, input, world.pageSize);
        return { capacityProviders: items, failures, ...rest };
      },
    },

    UpdateCapacityProvider: {
      accepts: ["name", "autoScalingGroupProvider"],
      handle({ name = "", autoScalingGroupProvider: wanted = {} }, { region: regionName }) {
        const region = world.region(regionName);
        const provider = providerOf(region, name);
        refuseWhileChanging(provider);
        const former = provider.autoScalingGroupProvider;
        const merged = {
          ...former,
          ...wanted,
          managedScaling: checkedScaling({ ...former.managedScaling, ...wanted.managedScaling }),
        };
        checkProtection(region, merged);
        const updated = region.ecs.capacityProviders.put({
          ...provider,
          autoScalingGroupProvider: merged,
          updateStatus: "UPDATE_IN_PROGRESS",
        });
        return { capacityProvider: shape(updated, true) };
      },
    },

    DeleteCapacityProvider: {
      accepts: ["capacityProvider"],
      handle({ capacityProvider: wanted = "" }, { region: name }) {
        const region = world.region(name);
        const provider = providerOf(region, nameIn(wanted));
        refuseWhileChanging(provider);
        refuseWhileUsed(region, provider);
        const asked = region.ecs.capacityProviders.put({ ...provider, ...deleting(region, provider) });
        return { capacityProvider: shape(asked, true) };
      },
    },
  };
}

function shape({ hidden: _hidden, tags, ...provider }: CapacityProvider, withTags: boolean): EcsCapacityProvider {
  return { ...provider, tags: withTags ? tags : [] };
}

function fargateShape(region: Region, account: string, name: string): EcsCapacityProvider {
  return {
    capacityProviderArn: arnOf(region, account, `capacity-provider/${name}`),
    name,
    status: "ACTIVE",
    type: name === "FARGATE" ? "FARGATE" : "FARGATE_SPOT",
    tags: [],
  };
}

function providerOf({ ecs }: Region, name: string): CapacityProvider {
  const provider = ecs.capacityProviders.get(name);
  if (FARGATE_PROVIDERS.includes(name)) {
    throw clientError("The specified capacity provider is reserved and cannot be changed or deleted.");
  }
  if (!provider || provider.status === "INACTIVE") {
    throw clientError("The specified capacity provider does not exist. Specify a valid name or ARN and try again.");
  }
  return provider;
}

function checkedGroup(region: Region, asked: AutoScalingGroupProvider): AutoScalingGroupProvider {
  const arn = asked.autoScalingGroupArn ?? "";
  if (!groupOf(region, arn)) {
    throw clientError(
      "The specified Auto Scaling group ARN is invalid or the group does not exist. Specify a valid Auto Scaling group ARN and try again.",
    );
  }
  const taken = region.ecs.capacityProviders.find(
    (one) => one.status !== "INACTIVE" && one.autoScalingGroupProvider.autoScalingGroupArn === arn,
  );
  if (taken) {
    throw clientError(
      "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.",
    );
  }
  const provider = {
    autoScalingGroupArn: arn,
    managedScaling: checkedScaling(asked.managedScaling),
    managedTerminationProtection: asked.managedTerminationProtection ?? "DISABLED",
    managedDraining: asked.managedDraining ?? "ENABLED",
  } as const;
  checkProtection(region, provider);
  return provider;
}

function checkedScaling(asked: ManagedScaling | undefined): ManagedScaling {
  const scaling = { status: "DISABLED", ...asked } as const;
  const { targetCapacity = 100 } = scaling;
  if (targetCapacity < 1 || targetCapacity > 100) throw invalid("The target capacity must be between 1 and 100.");
  return scaling.status === "ENABLED" ? { ...USUAL_SCALING, ...scaling } : scaling;
}

/** @throws AwsError for termination protection without what it needs */
function checkProtection(region: Region, provider: AutoScalingGroupProvider): void {
  if (provider.managedTerminationProtection !== "ENABLED") return;
  if (provider.managedScaling?.status !== "ENABLED") {
    throw clientError("Managed termination protection can only be enabled when managed scaling is enabled.");
  }
  if (!groupOf(region, provider.autoScalingGroupArn ?? "")?.NewInstancesProtectedFromScaleIn) {
    throw clientError(
      "The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, the Auto Scaling group must have instance protection from scale in enabled.",
    );
  }
}

function groupOf({ autoscaling }: Region, arn: string) {
  return autoscaling.groups.find(({ AutoScalingGroupARN }) => AutoScalingGroupARN === arn);
}

function refuseWhileChanging({ updateStatus }: CapacityProvider): void {
  if (!updateStatus.endsWith("_IN_PROGRESS")) return;
  throw clientError(
    "The specified capacity provider cannot be changed because an operation on it is in progress. Wait for it to end and try again.",
  );
}

/** Of one that a cluster still has, ECS accepts the delete and then gives it up (CapacityProvider, updateStatusReason). */
function deleting({ ecs }: Region, { name }: CapacityProvider): Partial<CapacityProvider> {
  const cluster = ecs.clusters.find(({ capacityProviders }) => capacityProviders.includes(name));
  if (!cluster) return { updateStatus: "DELETE_IN_PROGRESS" };
  const updateStatusReason = `The capacity provider cannot be deleted because it is associated with cluster: ${cluster.clusterName}. Remove the capacity provider from the cluster and try again.`;
  return { updateStatus: "DELETE_FAILED", updateStatusReason };
}

function refuseWhileUsed({ ecs }: Region, { name }: CapacityProvider): void {
  const service = ecs.services.find(
    ({ status, capacityProviderStrategy = [] }) =>
      status !== "INACTIVE" && capacityProviderStrategy.some(({ capacityProvider }) => capacityProvider === name),
  );
  if (service) {
    throw clientError("The specified capacity provider is in use and cannot be removed.");
  }
}
