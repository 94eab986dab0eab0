import * as z from "zod";
import { evenIfWrong, managedPolicies } from "../rules.ts";
import * as value from "../values.ts";

/** Variables of where the images are. */
export const repository = z.strictObject({
  /** The ECR repository. Default `bia`. */
  name: value.repositoryName().default("bia"),
  /** The tag that the service runs. Default `latest`. */
  imageTag: value.imageTag().default("latest"),
});

/** What the stack itself gives the app: its version, and the database's password. */
const GIVEN = ["VERSAO_API", "DB_PWD"];

function areOthers(names: object | undefined): boolean {
  return GIVEN.every((name) => !Object.hasOwn(names ?? {}, name));
}

const otherNames = `other names than ${GIVEN.join(" and ")}, which the stack sets`;

/** Variables of one task. */
export const taskDefinition = z.strictObject({
  /** Default `task-def-bia-alb`. */
  family: value.ecsName().default("task-def-bia-alb"),
  container: z
    .strictObject({
      /** Default `bia`. */
      name: value.ecsName().default("bia"),
      /** CPU units, 1024 to a vCPU. Default 1024. */
      cpu: value.whole(128, 196_608, "CPU units").default(1024),
      /** MiB; the container is killed when it takes more. Default 512. */
      memory: value.whole(6, 1_048_576, "MiB").default(512),
      /** The port that the app listens on in its container. Default 8080. */
      containerPort: value.port().default(8080),
      /** The port on the instance; 0 lets Docker choose one for each task. Default 0. */
      hostPort: value.whole(0, 65_535).default(0),
      /** Seconds from SIGTERM until a container that has not ended is killed. Default 10 (the course leaves ECS's own, 30). */
      stopTimeout: value.whole(2, 120, "seconds").default(10),
      /** What the app finds in its environment beside the database's DB_ variables, which it may replace, by name; no secrets. Default: nothing. */
      environment: z
        .record(value.environmentName(), value.environmentValue())
        .describe("names of variables with their texts")
        .default({}),
      /** What it finds there that is secret: names of variables, each with the name of an SSM parameter that is there already. Default: none. */
      secrets: z
        .record(value.environmentName(), value.parameterName())
        .describe("names of variables with names of SSM parameters")
        .default({}),
    })
    .refine(({ environment }) => areOthers(environment), {
      path: ["environment"],
      error: otherNames,
      when: evenIfWrong,
    })
    .refine(({ secrets }) => areOthers(secrets), { path: ["secrets"], error: otherNames, when: evenIfWrong })
    .refine(
      ({ environment, secrets }) => Object.keys(secrets ?? {}).every((name) => !Object.hasOwn(environment ?? {}, name)),
      {
        path: ["secrets"],
        // RegisterTaskDefinition: "The secret name must be unique and not shared with any new or existing environment variables".
        error: "names that environment does not have, too",
        when: evenIfWrong,
      },
    )
    .prefault({}),
  logs: z
    .strictObject({
      /** Whether what the tasks print is kept in CloudWatch Logs, where `bia-infra logs` reads it. Default true. */
      enabled: z.boolean().describe("true or false").default(true),
      /** The log group. Default: `/ecs/` and the family, as the console makes it. */
      group: value.logGroupName().optional(),
      /** Days that it is kept. Default 7. */
      retention: value.retention().default(7),
    })
    .prefault({}),
  executionRole: z
    .strictObject({
      /** Default `ecsTaskExecutionRole`, which many accounts have already: then it is used and never deleted. */
      name: value.roleName().default("ecsTaskExecutionRole"),
      /** Default: what pulling images and writing logs need. */
      managedPolicies: managedPolicies.default(["service-role/AmazonECSTaskExecutionRolePolicy"]),
    })
    .prefault({}),
});

/** Variables of the service that keeps tasks running. */
export const service = z
  .strictObject({
    /** Default `service-bia-alb`. */
    name: value.ecsName().default("service-bia-alb"),
    /** Tasks, each on an instance of its own. Default 2. */
    desiredCount: value.whole(0, 5000, "tasks").default(2),
    /** Per cent of the tasks that keep running while a new version is rolled out. Default 50. */
    minimumHealthyPercent: value.whole(0, 100, "per cent").default(50),
    /** Per cent of the tasks that may run at once while a new version is rolled out. Default 100. */
    maximumPercent: value.whole(100, 200, "per cent").default(100),
    /**
     * What ECS does about a version whose tasks fail again and again: goes back to the one before (`rollback`), gives up (`stay`),
     * or tries for ever (`off`, as in the course). Default `rollback`.
     */
    whenFailing: value.oneOf("rollback", "stay", "off").default("rollback"),
  })
  .refine(({ minimumHealthyPercent, maximumPercent }) => !(minimumHealthyPercent === 100 && maximumPercent === 100), {
    path: ["maximumPercent"],
    error: "more than service.minimumHealthyPercent, or no task could ever be replaced",
    when: evenIfWrong,
  });
