import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { autoScalingGroup, capacityProvider, cluster, launchTemplate, network } from "./bia/cluster.ts";
import { database } from "./bia/database.ts";
import { domain, loadBalancer, targetGroup } from "./bia/load-balancing.ts";
import { repository, service, taskDefinition } from "./bia/service.ts";
import { app, devMachine } from "./bia/work-machine.ts";
import { evenIfWrong } from "./rules.ts";
import { shared } from "./shared.ts";
import { type Variant, withDefaults } from "./variant.ts";

/**
 * The variables of the bia stack. Every one has a default, the course's own value wherever that is safe and quick, so
 * that an empty file is a working one. An unknown name is an error everywhere.
 */

/** What a variables file holds, but for the load balancer. */
const groups = {
  /** Which stack this file is about. Default `bia`. */
  stack: z.literal("bia").describe("bia").default("bia"),
  ...shared,
  /** Where in the default VPC things go. */
  network: network.prefault({}),
  /** Stage 1: the EC2 instance on which one works, and what belongs to it. */
  devMachine: devMachine.prefault({}),
  /** The app that the work machine builds and runs. */
  app: app.prefault({}),
  /** RDS for PostgreSQL. */
  database: database.prefault({}),
  /** ECR, where the app's images are. */
  repository: repository.prefault({}),
  /** What the load balancer sends requests to. */
  targetGroup: targetGroup.prefault({}),
  /** The ECS cluster. */
  cluster: cluster.prefault({}),
  /** How the cluster's instances are launched. */
  launchTemplate: launchTemplate.prefault({}),
  /** How many instances the cluster has. */
  autoScalingGroup: autoScalingGroup.prefault({}),
  /** How ECS asks the auto scaling group for instances. */
  capacityProvider: capacityProvider.prefault({}),
  /** What one task of the service is. */
  taskDefinition: taskDefinition.prefault({}),
  /** The ECS service that keeps the tasks running. */
  service: service.prefault({}),
  /** The app's name in the internet, with its certificate. */
  domain: domain.prefault({}),
};

/** Each task takes an instance of its own. */
const tasksFit = {
  path: ["service", "desiredCount"],
  error: "at most autoScalingGroup.maxSize, because each task takes an instance of its own",
  when: evenIfWrong,
};

/** Characters of a certificate's first name. */
const LONGEST_HOST = 64;

/** AWS finds the certificate's first name too long otherwise (acm:RequestCertificate, DomainName). */
const hostFits = {
  path: ["domain", "name"],
  error: "a domain that has at most 64 characters together with domain.host and the dot between them",
  when: evenIfWrong,
};

/** Two tasks would take one group for theirs: AWS does not tell names apart by their capitals. */
const groupsDiffer = {
  path: ["database", "securityGroup", "name"],
  error: "names of security groups that differ, whatever their capitals",
  when: evenIfWrong,
};

function haveOwnNames(
  groups: readonly ({ readonly securityGroup?: { readonly name?: unknown } } | false | undefined)[],
) {
  const names = groups
    .map((group) => (group ? group.securityGroup?.name : undefined))
    .filter((name) => typeof name === "string");
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

/** The schema of a variables file of the bia stack. */
export const biaSchema = z
  .strictObject({
    ...groups,
    /**
     * The application load balancer, which the internet reaches. False: none. The course's aula 2 alone: one task, on
     * port 80 of the one instance, which everybody can reach.
     */
    loadBalancer: loadBalancer.prefault({}),
  })
  .refine(({ service, autoScalingGroup }) => !(service?.desiredCount > autoScalingGroup?.maxSize), tasksFit)
  .refine(({ domain }) => !(domain?.name && `${domain?.host}.${domain.name}`.length > LONGEST_HOST), hostFits)
  .refine(
    ({ domain }) => domain?.name !== undefined || !(domain?.host?.length > LONGEST_HOST - ".bia.localhost".length),
    {
      path: ["domain", "host"],
      error: "at most 50 characters, which on the sandbox stand in front of bia.localhost",
      when: evenIfWrong,
    },
  )
  .refine(
    ({ devMachine, loadBalancer, launchTemplate, database }) =>
      haveOwnNames([devMachine, loadBalancer, launchTemplate, database]),
    groupsDiffer,
  );

/** The schema of a variables file that says `loadBalancer: false`. */
export const biaWithoutLoadBalancer = z
  .strictObject({ ...groups, loadBalancer: z.literal(false).default(false) })
  .refine(({ service, autoScalingGroup }) => !(service?.desiredCount > autoScalingGroup?.maxSize), tasksFit)
  .refine(
    ({ devMachine, launchTemplate, database }) => haveOwnNames([devMachine, launchTemplate, database]),
    groupsDiffer,
  )
  .refine(({ domain }) => domain?.name === undefined, {
    path: ["domain", "name"],
    error: "none without a load balancer, which is where its certificate is",
    when: evenIfWrong,
  });

/** What is otherwise by default when there is no load balancer: the course's values for aula 2. */
const WITHOUT_LOAD_BALANCER = {
  cluster: { name: "cluster-bia" },
  launchTemplate: {
    securityGroup: {
      name: "bia-web-teste",
      description: "Acesso do bia-web",
      ingress: [{ port: 80, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" }],
    },
  },
  autoScalingGroup: { minSize: 1, maxSize: 1, desiredCapacity: 1 },
  taskDefinition: { family: "task-def-bia", container: { hostPort: 80 } },
  service: { name: "service-bia", desiredCount: 1, minimumHealthyPercent: 0 },
} as const;

/** The schema that fits what was written, and what was written with the defaults that go with it. */
export function biaVariant(written: unknown): Variant<typeof biaSchema | typeof biaWithoutLoadBalancer> {
  if ((written as { loadBalancer?: unknown } | null)?.loadBalancer !== false) return { schema: biaSchema, written };
  return { schema: biaWithoutLoadBalancer, written: withDefaults(WITHOUT_LOAD_BALANCER, written) };
}

/** What a person may write: everything is optional. */
export type BiaInput = z.input<typeof biaSchema> | z.input<typeof biaWithoutLoadBalancer>;

/** The variables of the bia stack, complete: what was written, and the defaults for the rest. */
export type BiaVariables = z.output<typeof biaSchema> | z.output<typeof biaWithoutLoadBalancer>;

/** The variables with their paths made absolute, which were written as seen from `folder`. */
export function biaPathsFrom(folder: string, variables: BiaVariables): BiaVariables {
  const { source } = variables.app;
  if (typeof source !== "string") return variables;
  // As every shell has it, which does so before a program sees it.
  const written = source.replace(/^~(?=$|[\\/])/, homedir());
  return { ...variables, app: { ...variables.app, source: path.resolve(folder, written) } };
}
