import {
  DescribeDBEngineVersionsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  paginateDescribeDBEngineVersions,
} from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { rdsOf } from "./clients.ts";

describe("DescribeDBEngineVersions", () => {
  it("lists what can be created of a family, oldest first, in pages", async () => {
    const { rds } = await rdsOf({ pageSize: 3 });
    const input = { Engine: "postgres", DBParameterGroupFamily: "postgres16" };
    const pages: unknown[] = [];
    for await (const { DBEngineVersions } of paginateDescribeDBEngineVersions({ client: rds }, input)) {
      pages.push(DBEngineVersions?.map(({ EngineVersion }) => EngineVersion));
    }
    expect(pages).toEqual([["16.11", "16.12", "16.13"], ["16.14"]]);
  });

  it("names the default of a major version, with what it can be upgraded to", async () => {
    const { rds } = await rdsOf();
    const { DBEngineVersions } = await rds.send(
      new DescribeDBEngineVersionsCommand({ Engine: "postgres", EngineVersion: "16", DefaultOnly: true }),
    );
    expect(DBEngineVersions).toMatchObject([{ EngineVersion: "16.14", MajorEngineVersion: "16", Status: "available" }]);
    const targets = DBEngineVersions?.[0]?.ValidUpgradeTarget ?? [];
    expect(targets.every(({ IsMajorVersionUpgrade }) => IsMajorVersionUpgrade)).toBe(true);
    expect(targets.map(({ EngineVersion }) => EngineVersion)).toContain("17.10");
  });

  it("has nothing to say about a version that is not created any more", async () => {
    const { rds } = await rdsOf();
    const input = { Engine: "postgres", EngineVersion: "16.1" };
    expect((await rds.send(new DescribeDBEngineVersionsCommand(input))).DBEngineVersions).toEqual([]);
  });
});

describe("DescribeOrderableDBInstanceOptions", () => {
  it("has pages of up to 1000, unlike RDS's other listings", async () => {
    const { rds } = await rdsOf();
    const input = { Engine: "postgres", MaxRecords: 1000 };
    await rds.send(new DescribeOrderableDBInstanceOptionsCommand(input));
    await expect(rds.send(new DescribeDBEngineVersionsCommand(input))).rejects.toThrow("between 20 and 100");
    await expect(
      rds.send(new DescribeOrderableDBInstanceOptionsCommand({ ...input, MaxRecords: 1001 })),
    ).rejects.toThrow("between 20 and 1000");
  });

  it("tells with which storage and in which zones a class can be had", async () => {
    const { rds } = await rdsOf();
    const { OrderableDBInstanceOptions: options = [] } = await rds.send(
      new DescribeOrderableDBInstanceOptionsCommand({
        Engine: "postgres",
        EngineVersion: "16.14",
        DBInstanceClass: "db.t3.micro",
      }),
    );
    expect(options.map(({ StorageType }) => StorageType)).toEqual(["gp2", "gp3"]);
    expect(options[0]?.AvailabilityZones).toContainEqual({ Name: "us-east-1a" });
  });

  it("has none for a class that the version cannot be had with", async () => {
    const { rds } = await rdsOf();
    const input = { Engine: "postgres", DBInstanceClass: "db.t2.micro" };
    const { OrderableDBInstanceOptions } = await rds.send(new DescribeOrderableDBInstanceOptionsCommand(input));
    expect(OrderableDBInstanceOptions).toEqual([]);
  });
});
