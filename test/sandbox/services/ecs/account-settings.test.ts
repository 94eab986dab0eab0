import {
  CreateClusterCommand,
  DeleteAccountSettingCommand,
  DescribeClustersCommand,
  ListAccountSettingsCommand,
  PutAccountSettingCommand,
  PutAccountSettingDefaultCommand,
} from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { type Ecs, ecsOf } from "./fixtures.ts";

const name = "containerInsights";

/** Makes a cluster. Answers whether it is observed. */
async function clusterOf({ ecs }: Ecs, clusterName: string, value?: string): Promise<string | undefined> {
  const settings = value === undefined ? undefined : [{ name: "containerInsights" as const, value }];
  await ecs.send(new CreateClusterCommand({ clusterName, settings }));
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [clusterName], include: ["SETTINGS"] }));
  return clusters?.[0]?.settings?.[0]?.value;
}

it("the account's setting of Container Insights holds for clusters that are made later and say nothing themselves", async () => {
  const at = await ecsOf();
  const list = async (effectiveSettings: boolean) =>
    (await at.ecs.send(new ListAccountSettingsCommand({ name, effectiveSettings }))).settings?.map(
      ({ value }) => value,
    );
  expect([await list(false), await list(true)]).toEqual([[], ["disabled"]]);
  expect(await clusterOf(at, "early")).toBe("disabled");
  await at.ecs.send(new PutAccountSettingDefaultCommand({ name, value: "enhanced" }));
  expect([await list(false), await list(true)]).toEqual([["enhanced"], ["enhanced"]]);
  expect(await clusterOf(at, "late")).toBe("enhanced");
  expect(await clusterOf(at, "own", "disabled")).toBe("disabled");
  expect(await clusterOf(at, "early")).toBe("disabled");
  await at.ecs.send(new DeleteAccountSettingCommand({ name }));
  expect(await clusterOf(at, "last")).toBe("disabled");
});

it("the account's settings are refused values that there are not, and other changes by name", async () => {
  const { ecs } = await ecsOf();
  expect(await refusal(ecs.send(new PutAccountSettingCommand({ name, value: "on" })))).toMatch(/^InvalidParameter/);
  const other = new PutAccountSettingCommand({ name: "awsvpcTrunking", value: "enabled" });
  expect(await refusal(ecs.send(other))).toMatch(/^SandboxNotEmulated: .*awsvpcTrunking/);
});
