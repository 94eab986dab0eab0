import { AwsError } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { pageOf } from "../page.ts";
import { type CloudWatchOperations, invalidCombination } from "./operation.ts";

/** Alarms on metrics. */
export function alarmOperations(world: World): CloudWatchOperations {
  return {
    DescribeAlarms: {
      accepts: ["AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix", "MaxRecords", "NextToken"],
      handle({ AlarmNames, AlarmNamePrefix: prefix, AlarmTypes = ["MetricAlarm"], ...input }, { region }) {
        if (AlarmNames && prefix !== undefined) {
          throw invalidCombination("AlarmNamePrefix and AlarmNames cannot both be specified.");
        }
        // There are no composite ones.
        if (!AlarmTypes.includes("MetricAlarm")) return { MetricAlarms: [], CompositeAlarms: [] };
        const found = world
          .region(region)
          .cloudwatch.alarms.filter(
            ({ AlarmName, AlarmActions, StateValue }) =>
              (AlarmNames?.includes(AlarmName) ?? true) &&
              AlarmName.startsWith(prefix ?? "") &&
              [undefined, StateValue].includes(input.StateValue) &&
              (input.ActionPrefix === undefined ||
                AlarmActions.some((one) => one.startsWith(input.ActionPrefix ?? ""))),
          )
          .sort((one, other) => (one.AlarmName < other.AlarmName ? -1 : 1));
        const page = pageOf(found, {
          size: input.MaxRecords ?? world.pageSize,
          token: input.NextToken,
          invalid: () => new AwsError("InvalidNextToken", "The next token is not valid."),
        });
        return {
          MetricAlarms: page.items,
          CompositeAlarms: [],
          ...(page.next !== undefined && { NextToken: page.next }),
        };
      },
    },

    DeleteAlarms: {
      accepts: ["AlarmNames"],
      handle({ AlarmNames = [] }, { region }) {
        const { alarms } = world.region(region).cloudwatch;
        const missing = AlarmNames.filter((name) => !alarms.get(name));
        for (const name of AlarmNames) alarms.delete(name);
        if (missing.length > 0) throw new AwsError("ResourceNotFound", `Alarms not found: ${missing.join(", ")}`);
        return {};
      },
    },
  };
}
