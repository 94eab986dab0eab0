import { type AnyTask, type RollSettings, type Stage, task } from "../../engine/task.ts";
import { defaultVpc } from "../../kinds/ec2/default-vpc.ts";
import { rdsDatabase } from "../../remote/app/rds-database.ts";
import { VERSION_PATH } from "../../variables/bia/work-machine.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { performanceLogGroup } from "../performance-log-group.ts";
import type { Place } from "../place.ts";
import { traitsOf } from "./app-source.ts";
import type { WorkMachineTasks } from "./aula1.ts";
import { clusterTasks } from "./cluster.ts";
import { costsOfAula23 } from "./costs.ts";
import { databaseTasks, passwordParameter } from "./database.ts";
import { domainOf } from "./domain.ts";
import { httpsTasks } from "./https.ts";
import { imageTasks } from "./images.ts";
import { loadBalancingTasks } from "./load-balancing.ts";
import { deployedService } from "./release.ts";
import { securityGroups } from "./security-groups.ts";
import { serviceTasks } from "./service.ts";

/** AULAS 2 and 3: the app in high availability, behind a load balancer, on a domain. */
export function aula23(variables: BiaVariables, place: Place, machine: WorkMachineTasks): Stage {
  const { group, source, built } = machine;
  const { database: settings, repository, loadBalancer } = variables;
  const { path } = variables.app.health;
  const zones = variables.network.zones.map((letter) => `${place.region}${letter}`);
  const domain = domainOf(variables, place);

  const network = task("network", `default subnets in ${variables.network.zones.join(", ")}`, defaultVpc, { zones });
  const vpcId = network.out((found) => found.vpcId);
  const subnets = zones.map((zone) => network.out((found) => found.subnets[zone] ?? ""));

  const groups = securityGroups(
    variables,
    vpcId,
    group.out(({ groupId }) => groupId),
  );
  const database = databaseTasks(
    variables,
    place.region,
    groups.database.out(({ groupId }) => groupId),
  );
  const images = imageTasks(variables, source, [built]);

  const balancing =
    loadBalancer && groups.balancer
      ? loadBalancingTasks(loadBalancer, variables.targetGroup, {
          vpcId,
          subnets,
          securityGroup: groups.balancer.out(({ groupId }) => groupId),
        })
      : undefined;

  const targetGroup = balancing?.targets.out(({ arn }) => arn);
  const cluster = clusterTasks(variables, {
    subnets,
    securityGroup: groups.instances.out(({ groupId }) => groupId),
    targetGroups: variables.autoScalingGroup.attachTargetGroup && targetGroup ? [targetGroup] : [],
  });

  const address = database.instance.out(({ endpoint }) => endpoint?.address ?? "");
  const migrated =
    variables.app.migrate &&
    task(
      "rds-database",
      `database ${settings.name} on ${settings.identifier}`,
      rdsDatabase,
      {
        ...source,
        port: variables.devMachine.appPort,
        traits: traitsOf(variables.app),
        database: {
          address,
          port: settings.port,
          username: settings.username,
          name: settings.name,
          passwordParameter: database.password.out(({ name }) => name),
          resourceId: database.instance.out(({ resourceId }) => resourceId),
        },
      },
      [built],
    );

  const app = serviceTasks(variables, {
    region: place.region,
    cluster: cluster.cluster.out(({ name }) => name),
    capacityProvider: cluster.provider.out(({ name }) => name),
    image: images.repository.out(({ uri }) => `${uri}:${repository.imageTag}`),
    database: { address, port: `${settings.port}`, passwordArn: database.password.out(({ arn }) => arn) },
    targetGroup,
    after: [
      cluster.strategy,
      cluster.instances,
      images.first,
      ...(migrated ? [migrated] : []),
      ...(balancing ? [balancing.http] : []),
    ],
  });

  const https =
    domain && balancing && loadBalancer && targetGroup
      ? httpsTasks(domain, {
          loadBalancer: balancing.balancer.early(({ arn }) => arn),
          dnsName: balancing.balancer.early(({ dnsName }) => dnsName),
          targetGroup,
          port: loadBalancer.httpsPort,
        })
      : undefined;

  const site =
    https && domain && loadBalancer
      ? https.https.out(() => urlOf("https", domain.host, loadBalancer.httpsPort))
      : undefined;
  const balanced =
    balancing && loadBalancer
      ? balancing.balancer.out(({ dnsName }) => urlOf("http", dnsName, loadBalancer.httpPort))
      : undefined;

  const parts = [
    { network },
    groups,
    database,
    images,
    balancing,
    cluster,
    migrated ? { migrated } : {},
    app.tasks,
    https,
  ];
  return {
    name: "2-3",
    title: "AULAS 2 and 3: the app in high availability",
    tasks: parts
      .flatMap((part): (AnyTask | undefined)[] => Object.values(part ?? {}))
      .filter((one) => one !== undefined),
    leftOut: app.leftOut,
    database: {
      identifier: settings.identifier,
      name: settings.name,
      passwordParameter: passwordParameter(settings),
    },
    accountWide: [
      "launchTemplate.role.name",
      "launchTemplate.role.instanceProfile",
      "taskDefinition.executionRole.name",
      ...(https ? ["domain.name"] : []),
    ],
    running: {
      cluster: variables.cluster.name,
      service: variables.service.name,
      database: settings.identifier,
      takesCommands: "launchTemplate.role.takesCommands",
    },
    // What comes late makes it anew, for good. (ECS Developer Guide, "Container Insights")
    logGroupsOfAws: [performanceLogGroup(variables.cluster.name)],
    outputs: {
      ...(site && { site }),
      ...(balanced && { "load balancer": balanced }),
      ...(https ? { "name servers": https.zone.out(({ nameServers }) => nameServers.join(" ")) } : {}),
      database: database.instance.out(({ endpoint }) => endpoint && `${endpoint.address}:${endpoint.port}`),
      repository: images.repository.out(({ uri }) => uri),
      cluster: cluster.cluster.out(({ name }) => name),
      service: app.tasks.service.out(({ arn }) => arn.slice(arn.lastIndexOf("/") + 1)),
    },
    services: [
      deployedService({
        name: variables.service.name,
        cluster: variables.cluster.name,
        family: variables.taskDefinition.family,
        container: variables.taskDefinition.container.name,
        repository: repository.name,
        definition: app.defined,
        repositoryUri: images.repository.out(({ uri }) => uri),
        migrate: variables.app.migrate || undefined,
        asked: balanced && { url: balanced, ...(site && { site }), path, tells: path === VERSION_PATH },
        built: machine.building,
        rollSettings: rollSettingsOf(variables),
      }),
    ],
    // Of these variables on AWS, wherever they are used: nobody pays for the name that stands for a domain on the sandbox.
    costs: costsOfAula23(variables, domainOf(variables, { ...place, target: "aws" })),
  };
}

function rollSettingsOf({ service, taskDefinition, targetGroup, loadBalancer }: BiaVariables): RollSettings {
  const { desiredCount, minimumHealthyPercent, maximumPercent } = service;
  const { deregistrationDelay, healthCheck } = targetGroup;
  return {
    tasks: { value: desiredCount, course: 2, variable: "service.desiredCount" },
    least: { value: minimumHealthyPercent, course: 50, variable: "service.minimumHealthyPercent" },
    most: { value: maximumPercent, course: 100, variable: "service.maximumPercent" },
    kill: {
      value: taskDefinition.container.stopTimeout,
      course: 30,
      variable: "taskDefinition.container.stopTimeout",
    },
    ...(loadBalancer !== false && {
      drain: { value: deregistrationDelay, course: 30, variable: "targetGroup.deregistrationDelay" },
      check: { value: healthCheck.interval, course: 15, variable: "targetGroup.healthCheck.interval" },
      good: { value: healthCheck.healthyThreshold, course: 5, variable: "targetGroup.healthCheck.healthyThreshold" },
      bad: { value: healthCheck.unhealthyThreshold, course: 2, variable: "targetGroup.healthCheck.unhealthyThreshold" },
    }),
  };
}

/** Without the port that its scheme has anyway. */
function urlOf(scheme: "http" | "https", host: string, port: number): string {
  return new URL(`${scheme}://${host}:${port}`).origin;
}
