import { type AnyTask, type Ref, type Stage, type Task, task } from "../../engine/task.ts";
import { defaultVpc } from "../../kinds/ec2/default-vpc.ts";
import { image } from "../../kinds/ec2/image.ts";
import { instance } from "../../kinds/ec2/instance.ts";
import { type SecurityGroup, type SecurityGroupDesired, securityGroup } from "../../kinds/ec2/security-group.ts";
import { instanceProfile } from "../../kinds/iam/instance-profile.ts";
import { role } from "../../kinds/iam/role.ts";
import { appEnvironment } from "../../kinds/ssm/app-environment.ts";
import { appDatabase } from "../../remote/app/database.ts";
import { chosenDatabase } from "../../remote/app/database-choice.ts";
import type { RdsAccess } from "../../remote/app/rds-access.ts";
import { appSource } from "../../remote/app/source.ts";
import { appUp } from "../../remote/app/up.ts";
import { remoteScript } from "../../remote/script.ts";
import { machineReadyScript } from "../../remote/scripts.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { fromAddresses } from "../ingress.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import { instanceCost } from "../prices.ts";
import { sourceOf, traitsOf } from "./app-source.ts";
import type { Releasable } from "./release.ts";
import { userData } from "./user-data.ts";

/** Seconds that installing everything may take on the smallest machine. */
const INSTALL_TIMEOUT = 1200;
/** Where the app is on the work machine, as in the course. */
const APP_PLACE = { folder: "/home/ec2-user/bia", user: "ec2-user" } as const;

/** The parameter with the secrets of the app's environment. */
const APP_SECRETS = "/bia-infra/bia/app/env";

/** Where the app's source is on the machine. */
export interface SourceOnMachine {
  readonly folder: string;
  readonly user: string;
  readonly instanceId: Ref<string>;
  readonly version: Ref<string>;
  /** The database on RDS that the app there uses. */
  readonly rds: Ref<RdsAccess | undefined>;
}

/** What later stages need of this one. */
export interface WorkMachineTasks {
  readonly group: Task<SecurityGroupDesired, SecurityGroup>;
  readonly source: SourceOnMachine;
  /** The app's image is built on the machine. */
  readonly built: AnyTask;
  /** Where images are built, and from what. */
  readonly building: Releasable["built"];
}

/** AULA 1: the work machine, with the app on it. */
export function aula1({ devMachine, app }: BiaVariables, region: string): Stage & { readonly made: WorkMachineTasks } {
  const zone = `${region}${devMachine.zone}`;

  const vpc = task("default-vpc", "default VPC", defaultVpc, { zones: [zone] });

  const group = task("dev-security-group", `security group ${devMachine.securityGroup.name}`, securityGroup, {
    name: devMachine.securityGroup.name,
    description: devMachine.securityGroup.description,
    vpcId: vpc.out(({ vpcId }) => vpcId),
    ingress: devMachine.securityGroup.ingress.map(fromAddresses),
    tags: { Name: devMachine.securityGroup.nameTag },
  });

  const machineRole = task("dev-role", `role ${devMachine.role.name}`, role, {
    name: devMachine.role.name,
    service: "ec2.amazonaws.com",
    managedPolicies: devMachine.role.managedPolicies.map(managedPolicyArn),
  });

  const profile = task("dev-instance-profile", `instance profile ${devMachine.role.instanceProfile}`, instanceProfile, {
    name: devMachine.role.instanceProfile,
    role: machineRole.out(({ name }) => name),
  });

  const amazonLinux = task("dev-image", "image Amazon Linux 2023", image, { parameter: devMachine.imageParameter });

  const machine = task("dev-instance", `instance ${devMachine.name}`, instance, {
    name: devMachine.name,
    instanceType: devMachine.instanceType,
    image: amazonLinux.out((found) => found),
    subnetId: vpc.out(({ subnets }) => subnets[zone] ?? ""),
    securityGroups: [group.out(({ groupId }) => groupId)],
    instanceProfile: profile.out(({ name }) => name),
    instanceProfileId: profile.out(({ id }) => id),
    rootVolume: devMachine.rootVolume,
    userData: userData({ composeVersion: devMachine.composeVersion, swapMiB: devMachine.swapSize * 1024 }),
  });

  const ready = task("dev-ready", `${devMachine.name} set up`, remoteScript, {
    name: "machine-ready",
    instanceId: machine.out(({ instanceId }) => instanceId),
    script: machineReadyScript(),
    timeout: INSTALL_TIMEOUT,
  });

  const instanceId = machine.out((found) => found.instanceId);
  const source = task(
    "dev-app-source",
    `app source on ${devMachine.name}`,
    appSource,
    { ...APP_PLACE, instanceId, source: sourceOf(app) },
    [ready],
  );

  const { env } = app;
  const kept = task("dev-app-environment", "secrets of the app's environment", appEnvironment, { name: APP_SECRETS });
  const secrets = env && kept;
  const rds = machine.out(({ tags }) => chosenDatabase(tags));
  const served = {
    ...APP_PLACE,
    instanceId,
    port: devMachine.appPort,
    rds,
    environment: secrets && { values: env, parameter: APP_SECRETS, version: secrets.out(({ version }) => version) },
    traits: traitsOf(app),
    address: machine.out(({ publicIp }) => publicIp ?? ""),
    securityGroups: machine.out(({ securityGroups }) => securityGroups),
    machineState: machine.out(({ state }) => state),
    version: source.out(({ wanted }) => wanted),
  };
  const up = task("dev-app", `app up on ${devMachine.name}`, appUp, served);
  const database = app.migrate && task("dev-database", `app database on ${devMachine.name}`, appDatabase, served, [up]);
  const onMachine = [...(secrets ? [secrets] : []), source, up, ...(database ? [database] : [])];

  return {
    made: {
      building: { source: sourceOf(app), place: { ...APP_PLACE, instanceId }, on: devMachine.name, after: [ready] },
      group,
      source: { ...APP_PLACE, instanceId, rds, version: source.out(({ wanted }) => wanted) },
      built: up,
    },
    name: "1",
    title: "AULA 1: the work machine",
    tasks: [vpc, group, machineRole, profile, amazonLinux, machine, ready, ...onMachine],
    leftOut: secrets ? [] : [kept],
    accountWide: ["devMachine.role.name", "devMachine.role.instanceProfile"],
    outputs: {
      app: up.out(({ url }) => url),
      "work machine": machine.out(({ instanceId }) => instanceId),
      address: machine.out(({ publicIp }) => publicIp),
    },
    costs: [
      instanceCost(`instance ${devMachine.name}`, {
        instanceType: devMachine.instanceType,
        volume: devMachine.rootVolume,
        publicAddresses: 1,
      }),
    ],
    workMachine: {
      name: devMachine.name,
      instanceId,
      app: onMachine,
      served: { ...APP_PLACE, port: devMachine.appPort },
      ...(secrets && { secrets: { task: secrets, parameter: APP_SECRETS } }),
    },
  };
}
