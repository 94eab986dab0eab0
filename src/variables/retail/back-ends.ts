import * as z from "zod";
import { evenIfWrong } from "../rules.ts";
import * as value from "../values.ts";
import { cpuUnits, isSize, memory } from "./task-size.ts";

/** Variables of the names by which the shop's services call each other. */
export const serviceConnect = z.strictObject({
  /** Namespace of Cloud Map. Default `retailstore.local`. */
  namespace: value.namespaceName().default("retailstore.local"),
});

/** Variables of the shop's pictures. */
export const assets = z
  .strictObject(backEnd("assets", "Tasks of the retail store assets"))
  .refine(isSize, wrongSize("assets"));

/** Variables of the shop's goods. */
export const catalog = z
  .strictObject({
    ...backEnd("catalog", "Tasks of the retail store catalog"),
    /** Where it keeps the goods: `memory`, which only the sandbox's stand-in knows. Default `memory`. */
    persistence: value.oneOf("memory").default("memory"),
    /** Name of the secret that holds user and password of its database. Default `retail-store-ecs-catalog-db`. */
    secret: value.secretName().default("retail-store-ecs-catalog-db"),
  })
  .refine(isSize, wrongSize("catalog"));

/** Variables of the shop's carts. */
export const carts = z
  .strictObject({
    ...backEnd("carts", "Tasks of the retail store carts", "cart:0.8.0"),
    /** Name of the table that keeps them. Default `retail-store-ecs-carts`. */
    table: value.tableName().default("retail-store-ecs-carts"),
    /** Name of the policy that lets their role use it. Default `CartsDynamoPolicy`. */
    policy: value.roleName().default("CartsDynamoPolicy"),
    /**
     * Which role its tasks have. `right`: one of their own (`roles.cartsTask`), which may use the table. `wrong`: that of the user interface,
     * which may not, as the workshop has it at first; ECS's circuit breaker is off then. Default `right`.
     */
    taskRole: value.oneOf("right", "wrong").default("right"),
  })
  .refine(isSize, wrongSize("carts"));

/** What the services behind the user interface have in common. */
function backEnd(name: string, group: string, image = `${name}:0.7.0`) {
  return {
    /** Name of the service. */
    name: value.ecsName().default(name),
    /** Of its task definitions. */
    family: value.ecsName().default(`retail-store-ecs-${name}`),
    /** Its image. Default: the workshop's. */
    image: value.imageName().default(`public.ecr.aws/aws-containers/retail-store-sample-${image}`),
    /** CPU units of a task, 1024 to a vCPU. Default 1024. */
    cpu: cpuUnits().default(1024),
    /** MiB of a task. Default 2048. */
    memory: memory().default(2048),
    /** Seconds from SIGTERM until a container that has not ended is killed. Default 10 (the workshop leaves ECS's own, 30). */
    stopTimeout: value.whole(2, 120, "seconds").default(10),
    /** Tasks. Default 1. */
    desiredCount: value.whole(0, 5000, "tasks").default(1),
    securityGroup: z
      .strictObject({
        name: value.securityGroupName().default(`retail-store-ecs-${name}-task`),
        /** Cannot be changed once the group exists. */
        description: value.securityGroupDescription().default(group),
      })
      .prefault({}),
  };
}

function wrongSize(of: string) {
  return {
    path: ["memory"],
    error: `MiB that Fargate has for ${of}.cpu: with 1024 from 2048 to 8192 in steps of 1024`,
    when: evenIfWrong,
  };
}
