import type { Setting, SettingName } from "@aws-sdk/client-ecs";
import { notEmulated } from "../../wire/service.ts";
import type { Region, World } from "../../world/world.ts";
import { checkInsights } from "./cluster-settings.ts";
import type { EcsOperations } from "./operation.ts";

/** Settings of an account that nobody has changed. */
const SETTINGS: readonly (readonly [name: SettingName, value: string])[] = [
  ["awsvpcTrunking", "disabled"],
  ["containerInsights", "disabled"],
  ["containerInstanceLongArnFormat", "enabled"],
  ["serviceLongArnFormat", "enabled"],
  ["tagResourceAuthorization", "on"],
  ["taskLongArnFormat", "enabled"],
];

/** What is the default of the account. It is one for all principals; that of Container Insights can be changed, and holds for clusters that are made later. */
export function accountSettingOperations(world: World): EcsOperations {
  const put = (region: Region, account: string, name: SettingName | undefined, value = ""): { setting: Setting } => {
    if (name !== "containerInsights") throw notEmulated(`changes of the account setting ${name}`);
    checkInsights(value);
    region.ecs.accountSettings.put({ name, value });
    return { setting: { name, value, principalArn: rootOf(account), type: "user" } };
  };

  return {
    ListAccountSettings: {
      accepts: ["name", "effectiveSettings"],
      handle({ name: asked, effectiveSettings = false }, { account, region }) {
        const { accountSettings } = world.region(region).ecs;
        const settings = SETTINGS.filter(([name]) => asked === undefined || name === asked).flatMap(([name, value]) => {
          const set = accountSettings.get(name)?.value;
          return set === undefined && !effectiveSettings ? [] : [{ name, value: set ?? value }];
        });
        return { settings: settings.map((setting) => ({ ...setting, principalArn: rootOf(account), type: "user" })) };
      },
    },

    PutAccountSetting: {
      accepts: ["name", "value"],
      handle: ({ name, value }, { account, region }) => put(world.region(region), account, name, value),
    },

    PutAccountSettingDefault: {
      accepts: ["name", "value"],
      handle: ({ name, value }, { account, region }) => put(world.region(region), account, name, value),
    },

    DeleteAccountSetting: {
      accepts: ["name"],
      handle({ name }, { account, region }) {
        if (name !== "containerInsights") throw notEmulated(`changes of the account setting ${name}`);
        const { accountSettings } = world.region(region).ecs;
        const value = accountSettings.get(name)?.value ?? "disabled";
        accountSettings.delete(name);
        return { setting: { name, value, principalArn: rootOf(account), type: "user" } };
      },
    },
  };
}

function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`;
}
