import {
  DescribeDBEngineVersionsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { MYSQL, rdsOf } from "./clients.ts";

const INSTALLED = { missingMysql: () => undefined };

it("an instance of MySQL has the port, the license and the groups of its version", async () => {
  const { create } = await rdsOf(INSTALLED);
  const { DBInstance } = await create(MYSQL);
  expect(DBInstance).toMatchObject({
    Engine: "mysql",
    EngineVersion: "8.4.8",
    DBName: "catalog",
    MasterUsername: "root",
    LicenseModel: "general-public-license",
    DBParameterGroups: [{ DBParameterGroupName: "default.mysql8.4" }],
    OptionGroupMemberships: [{ OptionGroupName: "default:mysql-8-4" }],
  });
});

it("one is refused at once, with what to install, where this computer has no MySQL", async () => {
  const missingMysql = () => "Install one: apt-get install mariadb-server.";
  const { create, describe, rds } = await rdsOf({ missingMysql });
  const why =
    "SandboxLacksProgram: The sandbox's MySQL is the one that this computer has, or its MariaDB, and there is none. Install one: apt-get install mariadb-server.";
  expect(await refusal(create(MYSQL))).toBe(why);
  expect(await describe()).toBeUndefined();
  const orderable = (Engine: string) => rds.send(new DescribeOrderableDBInstanceOptionsCommand({ Engine }));
  expect(await refusal(orderable("mysql"))).toBe(why);
  expect((await orderable("postgres")).OrderableDBInstanceOptions).not.toEqual([]);
});

it.each([
  ["a version that is not created any more", { EngineVersion: "8.0" }, "Cannot find version 8.0 for mysql"],
  ["a user that RDS keeps for itself", { MasterUsername: "rdsadmin" }, "reserved word"],
  ["a user of more than 16 characters", { MasterUsername: "a2345678901234567" }, "not a valid user name"],
  ["a class of long ago", { DBInstanceClass: "db.t2.micro" }, "Engine=mysql, EngineVersion=8.4.8"],
])("%s is refused", async (_, more, why) => {
  const { create } = await rdsOf(INSTALLED);
  expect(await refusal(create({ ...MYSQL, ...more }))).toContain(why);
});

it("its versions and classes are listed beside those of PostgreSQL, with upgrades of its own", async () => {
  const { rds } = await rdsOf(INSTALLED);
  const input = { Engine: "mysql", DefaultOnly: true };
  const { DBEngineVersions = [] } = await rds.send(new DescribeDBEngineVersionsCommand(input));
  expect(DBEngineVersions).toMatchObject([
    { EngineVersion: "8.4.8", DBParameterGroupFamily: "mysql8.4", DBEngineDescription: "MySQL Community Edition" },
  ]);
  const oldest = { Engine: "mysql", EngineVersion: "8.4.5" };
  const [first] = (await rds.send(new DescribeDBEngineVersionsCommand(oldest))).DBEngineVersions ?? [];
  expect(first?.ValidUpgradeTarget?.map(({ EngineVersion }) => EngineVersion)).toEqual(["8.4.6", "8.4.7", "8.4.8"]);
  const wanted = { Engine: "mysql", DBInstanceClass: "db.t4g.micro", EngineVersion: "8.4.8" };
  const { OrderableDBInstanceOptions } = await rds.send(new DescribeOrderableDBInstanceOptionsCommand(wanted));
  expect(OrderableDBInstanceOptions?.[0]).toMatchObject({ Engine: "mysql", LicenseModel: "general-public-license" });
});

it("a newer minor version is taken, and an older one refused", async () => {
  const { create, rds, status, world } = await rdsOf(INSTALLED);
  await create({ ...MYSQL, EngineVersion: "8.4.6" });
  while ((await status()) !== "available") await world.clock.advance(1000);
  const upgrade = (EngineVersion: string) =>
    rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "catalog", EngineVersion }));
  expect(await refusal(upgrade("8.4.5"))).toContain("Cannot upgrade mysql from 8.4.6 to 8.4.5");
  expect((await upgrade("8.4.7")).DBInstance?.PendingModifiedValues).toEqual({ EngineVersion: "8.4.7" });
});
