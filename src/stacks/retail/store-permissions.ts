import type { RetailVariables } from "../../variables/index.ts";
import { MAKE } from "../grants.ts";
import { type Grant, of, type PermissionCommand, type Scope } from "../permissions.ts";

/** Commands that look at the whole stack. */
const LOOK: readonly PermissionCommand[] = ["plan", "status", "console", "outputs", ...MAKE, "destroy"];
const IN_MYSQL = "the catalog's goods are in MySQL on aws, and on the sandbox where the variables say so";

/** What stores are about. A secret's ARN has six characters more than its name, a namespace's an id. `here` makes an ARN. */
export function storeScopes(
  here: (service: string, resource: string) => string,
  { catalog, carts }: RetailVariables,
): Readonly<Record<string, Scope>> {
  return {
    Secrets: { resources: [here("secretsmanager", `secret:${catalog.secret}-??????`)] },
    Tables: { resources: [here("dynamodb", `table/${carts.table}`)] },
    // An instance is made with the groups that RDS has for its engine.
    Databases: {
      resources: [
        here("rds", "db:retail-store-ecs-*"),
        here("rds", "og:default*"),
        here("rds", "pg:default*"),
        here("rds", "subgrp:retail-store-ecs-*"),
      ],
    },
    StoreParameters: { resources: [here("ssm", "parameter/retail-store-ecs/*")] },
    Namespaces: { resources: [here("servicediscovery", "namespace/*")] },
  };
}

/** What stores, and the namespace of Service Connect, need. */
export const STORES: readonly Grant[] = [
  { on: "Secrets", for: LOOK, actions: of("secretsmanager", "DescribeSecret") },
  {
    on: "Secrets",
    for: ["deploy-version", "verify"],
    actions: of("secretsmanager", "DescribeSecret"),
    because:
      "a release looks whether the secrets of its tasks are there; their values are read by the execution role alone",
  },
  { on: "Look", for: MAKE, actions: of("secretsmanager", "GetRandomPassword") },
  { on: "Secrets", for: MAKE, actions: of("secretsmanager", "CreateSecret") },
  {
    on: "Secrets",
    for: MAKE,
    actions: of("secretsmanager", "PutSecretValue RestoreSecret TagResource"),
    because: "of one that has no value, or whose deletion is scheduled; CreateSecret with tags asks for TagResource",
  },
  { on: "Secrets", for: ["destroy"], actions: of("secretsmanager", "DeleteSecret") },
  { on: "Look", for: LOOK, actions: of("servicediscovery", "ListNamespaces ListTagsForResource") },
  {
    on: "Look",
    for: ["destroy"],
    actions: of("servicediscovery", "ListServices"),
    because: "says which services ECS has not taken out of it yet",
  },
  // Before there is one, nothing tells which it is.
  { on: "Look", for: MAKE, actions: of("servicediscovery", "CreateHttpNamespace") },
  {
    on: "Look",
    for: MAKE,
    actions: of("servicediscovery", "TagResource"),
    because: "CreateHttpNamespace with tags asks for it, and adopt makes the call",
  },
  { on: "Tables", for: LOOK, actions: of("dynamodb", "DescribeTable ListTagsOfResource") },
  { on: "Tables", for: MAKE, actions: of("dynamodb", "CreateTable") },
  {
    on: "Tables",
    for: MAKE,
    actions: of("dynamodb", "TagResource UpdateTable"),
    because: "CreateTable with tags asks for TagResource; an index that is missing or another is made anew",
  },
  { on: "Tables", for: ["destroy"], actions: of("dynamodb", "DeleteTable") },
  {
    on: "Look",
    for: LOOK,
    actions: of("rds", "DescribeDBInstances DescribeDBSubnetGroups ListTagsForResource"),
    because: IN_MYSQL,
  },
  {
    on: "Look",
    for: MAKE,
    actions: of("rds", "DescribeDBEngineVersions DescribeOrderableDBInstanceOptions"),
    because: IN_MYSQL,
  },
  {
    on: "Databases",
    for: MAKE,
    actions: of(
      "rds",
      "AddTagsToResource CreateDBInstance CreateDBSubnetGroup ModifyDBInstance ModifyDBSubnetGroup StartDBInstance",
    ),
    because: IN_MYSQL,
  },
  { on: "Databases", for: ["destroy"], actions: of("rds", "DeleteDBInstance DeleteDBSubnetGroup"), because: IN_MYSQL },
  {
    on: "Secrets",
    for: MAKE,
    actions: of("secretsmanager", "GetSecretValue"),
    because: "the database is given the password that is in it",
  },
  { on: "StoreParameters", for: LOOK, actions: of("ssm", "GetParameter ListTagsForResource"), because: IN_MYSQL },
  { on: "StoreParameters", for: MAKE, actions: of("ssm", "AddTagsToResource PutParameter"), because: IN_MYSQL },
  { on: "StoreParameters", for: ["destroy"], actions: of("ssm", "DeleteParameter"), because: IN_MYSQL },
  { on: "Namespaces", for: ["destroy"], actions: of("servicediscovery", "DeleteNamespace") },
];
