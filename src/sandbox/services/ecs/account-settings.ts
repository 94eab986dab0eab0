import type { SettingName } from "@aws-sdk/client-ecs";
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

/** What is the default of the account. Changing it is not emulated. */
export function accountSettingOperations(): EcsOperations {
  return {
    ListAccountSettings: {
      accepts: ["name", "effectiveSettings"],
      handle({ name: asked, effectiveSettings = false }, { account }) {
        const principalArn = `arn:aws:iam::${account}:root`;
        const settings = SETTINGS.filter(([name]) => asked === undefined || name === asked);
        return {
          settings: effectiveSettings ? settings.map(([name, value]) => ({ name, value, principalArn })) : [],
        };
      },
    },
  };
}
