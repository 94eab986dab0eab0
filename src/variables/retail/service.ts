import * as z from "zod";
import { evenIfWrong } from "../rules.ts";
import * as value from "../values.ts";
import { cpuUnits, isSize, memory } from "./task-size.ts";

/** Variables of the cluster. */
export const cluster = z.strictObject({
  /** Default `retail-store-ecs-cluster`. */
  name: value.ecsName().default("retail-store-ecs-cluster"),
});

/** Variables of what the tasks may do. */
export const roles = z.strictObject({
  /** Pulls images and writes logs. Default `retailStoreEcsTaskExecutionRole`. */
  execution: value.roleName().default("retailStoreEcsTaskExecutionRole"),
  /** Of the containers of the ui, for commands in them. Default `retailStoreEcsTaskRole`. */
  task: value.roleName().default("retailStoreEcsTaskRole"),
  /** As `execution`, for the catalog, whose secret it reads as well. Default `catalogEcsTaskExecutionRole` (the workshop: `cataolog...`). */
  catalogExecution: value.roleName().default("catalogEcsTaskExecutionRole"),
  /** Of the carts, which it lets use their table. Default `cartsEcsTaskRole`. */
  cartsTask: value.roleName().default("cartsEcsTaskRole"),
});

/** Variables of what the tasks print. */
export const logs = z.strictObject({
  /** Default `retail-store-ecs-tasks`. */
  group: value.logGroupName().default("retail-store-ecs-tasks"),
  /** Days that it is kept. Default 7. */
  retention: value.retention().default(7),
});

/** Variables of the shop's user interface. */
export const ui = z
  .strictObject({
    /** Name of the service. Default `ui`. */
    name: value.ecsName().default("ui"),
    /** Default `retail-store-ecs-ui`. */
    family: value.ecsName().default("retail-store-ecs-ui"),
    /** Its image. Default: the workshop's, 0.7.0. Later ones know no banner. */
    image: value.imageName().default("public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0"),
    /** Words above every page. Absent: none. */
    banner: value.words().optional(),
    /** CPU units of a task, 1024 to a vCPU. Default 1024. */
    cpu: cpuUnits().default(1024),
    /** MiB of a task. Default 2048. */
    memory: memory().default(2048),
    /** Seconds from SIGTERM until a container that has not ended is killed. Default 10 (the workshop leaves ECS's own, 30). */
    stopTimeout: value.whole(2, 120, "seconds").default(10),
    /** Tasks, until stage `autoscaling` has the count: from then on it stays as that has moved it. Default 2. */
    desiredCount: value.whole(0, 5000, "tasks").default(2),
    /** Per cent of the tasks that keep running while they are replaced. Default 100. */
    minimumHealthyPercent: value.whole(0, 100, "per cent").default(100),
    /** Per cent of the tasks that may run at once while they are replaced. Default 200. */
    maximumPercent: value.whole(101, 200, "per cent").default(200),
    /**
     * What ECS does about a version whose tasks fail again and again: goes back to the one before (`rollback`), gives up (`stay`),
     * or tries for ever (`off`, as in the workshop). Default `rollback`.
     */
    whenFailing: value.oneOf("rollback", "stay", "off").default("rollback"),
    /** Whether commands can be run in its containers. Default true. */
    executeCommand: z.boolean().describe("true or false").default(true),
    securityGroup: z
      .strictObject({
        /** Default `retail-store-ecs-ui-task`. */
        name: value.securityGroupName().default("retail-store-ecs-ui-task"),
        /** Cannot be changed once the group exists. */
        description: value.securityGroupDescription().default("Tasks of the retail store ui"),
      })
      .prefault({}),
    targetGroup: z
      .strictObject({
        /** Default `ui-application`. */
        name: value.balancerName().default("ui-application"),
        /**
         * Seconds that a leaving target may finish its requests in. Default 5, AWS's advice for requests that take less than one (the
         * workshop has 30, AWS's own is 300).
         */
        deregistrationDelay: value.whole(0, 3600, "seconds").default(5),
        /** The path that must answer. Default `/actuator/health`. */
        healthPath: value.urlPath().default("/actuator/health"),
        /** Good answers in a row that make an unhealthy target healthy again; a new one needs a single one. Default 2, as the workshop. */
        healthyThreshold: value.whole(2, 10).default(2),
        /** Bad answers in a row that make a target unhealthy. Default 3, as the workshop: with `interval` 15 seconds (there 30). */
        unhealthyThreshold: value.whole(2, 10).default(3),
        /** Seconds that an answer may take; less than `interval`. Default 4 (workshop: 5). */
        timeout: value.whole(2, 120, "seconds").default(4),
        /** Seconds between two checks. Default 5: a new task waits for one of them (workshop: 10). */
        interval: value.whole(5, 300, "seconds").default(5),
      })
      .refine(({ timeout, interval }) => !(timeout >= interval), {
        path: ["timeout"],
        error: "fewer seconds than ui.targetGroup.interval",
        when: evenIfWrong,
      })
      .prefault({}),
  })
  .refine(isSize, {
    path: ["memory"],
    error: "MiB that Fargate has for ui.cpu: with 1024 from 2048 to 8192 in steps of 1024",
    when: evenIfWrong,
  });
