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

/** Variables of the database of the shop's goods. */
const database = z.strictObject({
  /** The RDS instance's identifier. Default `retail-store-ecs-catalog`. */
  identifier: value.databaseIdentifier().default("retail-store-ecs-catalog"),
  /** Default `db.t4g.micro`: 2 vCPU, 1 GiB (the workshop has an Aurora cluster, which costs four times as much). */
  instanceClass: value.instanceClass().default("db.t4g.micro"),
  /** Of MySQL: 8.4, whose clients may do without TLS, as the catalog does. Default `8.4`. */
  engineVersion: value.oneOf("8.4").default("8.4"),
  storage: z
    .strictObject({
      /** GiB; RDS can grow it and never shrink it. Default 20, the least that RDS takes. */
      size: value.whole(20, 65_536, "GiB").default(20),
      /** Default `gp3`. */
      type: value.volumeType().default("gp3"),
    })
    .prefault({}),
  /** The database that the catalog makes its tables in. Default `catalog`. */
  name: value.postgresName().default("catalog"),
  /** Default 3306. */
  port: value.whole(1150, 65_535).default(3306),
  /** Days that automated backups are kept; 0 is none. Default: 7, or 1 where AWS's Free plan allows no more. */
  backupRetention: value.whole(0, 35, "days").optional(),
  /** Name of the DB subnet group. Default `retail-store-ecs-catalog`. */
  subnetGroup: value.databaseIdentifier().default("retail-store-ecs-catalog"),
  /** Name of the parameter that tells where it is. Default `/retail-store-ecs/catalog/db-endpoint`. */
  endpointParameter: value.parameterName().default("/retail-store-ecs/catalog/db-endpoint"),
  securityGroup: z
    .strictObject({
      name: value.securityGroupName().default("retail-store-ecs-catalog-rds"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("Database of the retail store catalog"),
    })
    .prefault({}),
});

/** Variables of the shop's goods. */
export const catalog = z
  .strictObject({
    ...backEnd("catalog", "Tasks of the retail store catalog"),
    /**
     * Where it keeps the goods: `mysql` on RDS, or `memory`, which only the sandbox's stand-in knows. The sandbox's MySQL is the one that
     * is installed on this computer. Default: `memory` on the sandbox, `mysql` on aws.
     */
    persistence: value.oneOf("memory", "mysql").optional(),
    /** Its database, where it is in MySQL. */
    database: database.prefault({}),
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
     * What the role of its tasks (`roles.cartsTask`) may do. `right`: it has the policy that lets it use the table. `wrong`: it has not, as
     * the workshop has it at first; ECS's circuit breaker is off then. Default `right`.
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
