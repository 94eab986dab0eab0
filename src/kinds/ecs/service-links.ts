import {
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import type { Aws } from "../../aws/clients.ts";
import { toEcsTags } from "../../aws/tags.ts";
import { change, fieldChanges } from "../../engine/change.ts";
import { NotYet } from "../../engine/errors.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { type Revision, revisionOf } from "./revisions.ts";
import { describeConnect, describeWantedConnect, type ServiceConnect, toAwsConnect } from "./service-connect.ts";
import { broken, pending, type WantedService } from "./service-progress.ts";
import { findService, type ServicePlace, serviceNamed } from "./service-reads.ts";
import { TRY_AGAIN, whyTakenBack } from "./taken-back.ts";
import { environmentField, settingsOf } from "./task-definition-settings.ts";

/** What a service that runs already is told of others that it calls. */
export interface ServiceLinksDesired extends ServicePlace {
  /** The container that calls them. */
  readonly container: string;
  /** Where they are, as values of that container's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: as it is. */
  readonly serviceConnect?: ServiceConnect;
  /** Names of the services of its cluster that it calls by Service Connect. */
  readonly calls: readonly string[];
}

/** The links of a service as it has them. */
export interface ServiceLinks extends WantedService {
  readonly name: string;
  readonly container: string;
  /** What of its environment are links. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether Service Connect is one of them. */
  readonly isConnecting: boolean;
  /** Names of services that are newer than its newest deployment, which therefore does not know them. */
  readonly unknown: readonly string[];
}

/**
 * The links of a service to others, which came after it: values of its environment, and Service Connect. They are there as soon as the
 * service has any of them. Its tasks know by Service Connect only those that were there when their deployment began, so it gets
 * a new one where others are newer. ("Service Connect concepts")
 */
export const serviceLinks: Kind<ServiceLinksDesired, ServiceLinks, Aws> = {
  type: "ecs.service-links",
  async find(aws, desired) {
    const { cluster, name, container, environment: wanted, serviceConnect, calls } = desired;
    const service = await findService(aws, cluster, name);
    if (!service || service.status === "DRAINING") return undefined;
    const revision = await revisionOf(aws, service.taskDefinition);
    const environment = revision ? valuesIn(revision, container, Object.keys(wanted)) : {};
    const isConnecting = serviceConnect !== undefined && service.connected !== undefined;
    const unknown = await newerThan(aws, cluster, calls, service.rollout.createdAt);
    const links = { ...service, name, container, environment, isConnecting, unknown, takenBack: undefined };
    const back = await whyTakenBack(aws, desired, service, () => differences(desired, links).length > 0);
    if (Object.keys(environment).length === 0 && !isConnecting && back === undefined) return undefined;
    return { ...links, takenBack: back };
  },
  diff: differences,
  create: link,
  update: (aws, desired) => link(aws, desired),
  async remove(aws, { cluster, name, container, environment, isConnecting, taskDefinition }) {
    const revision = await revisionOf(aws, taskDefinition);
    if (!revision) return;
    const values = Object.fromEntries(Object.keys(environment).map((one) => [one, undefined]));
    await aws.ecs.send(
      new UpdateServiceCommand({
        cluster,
        service: name,
        taskDefinition: await revisionWith(aws, revision, container, values),
        ...(isConnecting && { serviceConnectConfiguration: { enabled: false } }),
      }),
    );
  },
  pending,
  broken,
  remedy: () => TRY_AGAIN,
  heals: true,
  outlives: ["ecs.task-definition"],
  // The service's own: whose service it is, theirs are its links.
  tags: ({ tags }) => tags,
  describe: ({ environment, connected }) =>
    [...Object.keys(environment).sort(), ...(connected ? ["Service Connect"] : [])].join(", "),
  limits: { usually: 60, usuallyGone: 2, ready: 1200, gone: 120 },
};

function differences({ environment, serviceConnect }: ServiceLinksDesired, actual: ServiceLinks): Change[] {
  return [
    ...fieldChanges(fieldsOf(actual.environment), fieldsOf(environment)),
    ...(serviceConnect === undefined
      ? []
      : change(
          "serviceConnectConfiguration",
          describeConnect(actual.connected, serviceConnect),
          describeWantedConnect(serviceConnect),
        )),
    ...actual.unknown.flatMap((name) => change(`deployment that knows ${name}`, "none: it is older", "the newest")),
  ];
}

function fieldsOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [`environment ${name}`, value]));
}

async function link(aws: Aws, desired: ServiceLinksDesired): Promise<void> {
  const { cluster, name: service, container, environment, serviceConnect } = desired;
  const found = await serviceNamed(aws, cluster, service);
  const revision = found?.taskDefinition === undefined ? undefined : await revisionOf(aws, found.taskDefinition);
  if (!revision) throw new NotYet(`there is no service ${service} yet`);
  await aws.ecs.send(
    new UpdateServiceCommand({
      cluster,
      service,
      taskDefinition: await revisionWith(aws, revision, container, environment),
      ...(serviceConnect && { serviceConnectConfiguration: toAwsConnect(serviceConnect) }),
      // Those of a deployment that began before know none of the names.
      forceNewDeployment: true,
    }),
  );
}

/** ARN of a revision that is as another one but for values of a container's environment. @param values undefined: it has none of the name */
async function revisionWith(
  aws: Aws,
  revision: Revision,
  container: string,
  values: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const wanted = changed(revision, container, values);
  const newest = await revisionOf(aws, wanted.family ?? "");
  const isWanted = ({ definition }: Revision) => fieldChanges(settingsOf(definition), settingsOf(wanted)).length === 0;
  const there = [revision, ...(newest ? [newest] : [])].find(isWanted);
  if (there) return there.definition.taskDefinitionArn;
  const tags = toEcsTags(revision.tags);
  const { taskDefinition } = await aws.ecs.send(new RegisterTaskDefinitionCommand({ ...wanted, tags }));
  return taskDefinition?.taskDefinitionArn;
}

/** What ECS tells of a revision beside what it takes for one. */
function changed(
  { definition }: Revision,
  container: string,
  values: Readonly<Record<string, string | undefined>>,
): RegisterTaskDefinitionCommandInput {
  const { taskDefinitionArn, revision, status, requiresAttributes, compatibilities, ...rest } = definition;
  const { registeredAt, registeredBy, deregisteredAt, deleteRequestedAt, family, ...settings } = rest;
  const added = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : { name, value }));
  return {
    ...settings,
    family,
    containerDefinitions: definition.containerDefinitions?.map((one) => {
      if (one.name !== container) return one;
      const others = (one.environment ?? []).filter(({ name = "" }) => !(name in values));
      return { ...one, environment: [...others, ...added] };
    }),
  };
}

function valuesIn({ definition }: Revision, container: string, names: readonly string[]): Record<string, string> {
  const settings = settingsOf(definition);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = settings[environmentField(container, name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

async function newerThan(
  aws: Aws,
  cluster: string,
  names: readonly string[],
  deployedAt: Date | undefined,
): Promise<string[]> {
  const services = await Promise.all(names.map((name) => serviceNamed(aws, cluster, name)));
  return services.flatMap((found) => {
    const isNewer = found?.createdAt !== undefined && deployedAt !== undefined && found.createdAt > deployedAt;
    return isNewer && found.status === "ACTIVE" ? (found.serviceName ?? []) : [];
  });
}
