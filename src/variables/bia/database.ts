import * as z from "zod";
import * as value from "../values.ts";

/** Variables of RDS. */
export const database = z.strictObject({
  /** The RDS instance's identifier. Default `bia`. */
  identifier: value.databaseIdentifier().default("bia"),
  /** Default `db.t3.micro`: 2 vCPU, 1 GiB. */
  instanceClass: value.instanceClass().default("db.t3.micro"),
  /** Of PostgreSQL. A major version alone means its newest minor one when it is made. Default `16`. */
  engineVersion: value.postgresVersion().default("16"),
  storage: z
    .strictObject({
      /** GiB; RDS can grow it and never shrink it. Default 20, the least that RDS takes. */
      size: value.whole(20, 65_536, "GiB").default(20),
      /** Default `gp2`. */
      type: value.volumeType().default("gp2"),
    })
    .prefault({}),
  /** The master user; its password is generated and kept in SSM. Cannot be changed later. Default `postgres`. */
  username: value.postgresName().default("postgres"),
  /** The database that the app uses; it is created from the work machine, not by RDS. Default `bia`. */
  name: value.postgresName().default("bia"),
  /** Default 5432. */
  port: value.whole(1150, 65_535).default(5432),
  /** Days that automated backups are kept; 0 is none. Default: 7, or 1 where AWS's Free plan allows no more. */
  backupRetention: value.whole(0, 35, "days").optional(),
  /** The letter of its zone. Cannot be changed later. Default `a`. */
  zone: value.zone().default("a"),
  securityGroup: z
    .strictObject({
      /** Default `bia-db-teste`. */
      name: value.securityGroupName().default("bia-db-teste"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("Acesso do bia db"),
      /** Description of the rule that lets the cluster's instances in. */
      fromCluster: value.groupRuleDescription().default("Acesso do bia-ec2"),
      /** Description of the rule that lets the work machine in. */
      fromDevMachine: value.groupRuleDescription().default("Acesso do bia-dev"),
    })
    .prefault({}),
});
