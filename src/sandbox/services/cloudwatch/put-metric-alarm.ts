import { notEmulated } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { type CloudWatchOperations, invalidCombination, validationError } from "./operation.ts";
import { withTags } from "./tags.ts";

const HOUR = 3_600;
const DAY = 86_400;
const TREATMENTS = ["breaching", "notBreaching", "ignore", "missing"];
const BOUNDS = /Than(OrEqualTo)?Threshold$/;

/** Alarms of one's own; they tell their state, and act by nothing. */
export function putMetricAlarmOperations(world: World): CloudWatchOperations {
  return {
    PutMetricAlarm: {
      accepts: [
        "AlarmName",
        "AlarmDescription",
        "ActionsEnabled",
        "MetricName",
        "Namespace",
        "Statistic",
        "Dimensions",
        "Period",
        "Unit",
        "EvaluationPeriods",
        "DatapointsToAlarm",
        "Threshold",
        "ComparisonOperator",
        "TreatMissingData",
        "Tags",
      ],
      handle(input, { region: name }) {
        const { AlarmName = "", EvaluationPeriods, ComparisonOperator, Threshold, Period, Tags, ...rest } = input;
        const { MetricName, Namespace, Statistic, DatapointsToAlarm, TreatMissingData = "missing" } = rest;
        if (MetricName === undefined || Namespace === undefined || Statistic === undefined) {
          throw invalidCombination("MetricName, Namespace and Statistic must be specified.");
        }
        if (!EvaluationPeriods || !ComparisonOperator || Threshold === undefined || !Period) {
          throw invalidCombination("Period, EvaluationPeriods, Threshold and ComparisonOperator must be specified.");
        }
        if (!BOUNDS.test(ComparisonOperator)) throw notEmulated("alarms on anomalies");
        if (Period % 60 !== 0) throw notEmulated("alarms with periods of less than a minute");
        if (EvaluationPeriods * Period > (Period < HOUR ? DAY : 7 * DAY)) {
          throw validationError(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
          );
        }
        if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) {
          throw validationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
        }
        if (!TREATMENTS.includes(TreatMissingData)) {
          throw validationError(`TreatMissingData must be one of [${TREATMENTS.join(", ")}].`);
        }
        const { alarms } = world.region(name).cloudwatch;
        const former = alarms.get(AlarmName);
        const now = world.now();
        // "If you are using this operation to update an existing alarm, any tags you specify in this parameter are ignored."
        const tags = former ? former.tags : withTags([], Tags);
        alarms.put({
          ...rest,
          AlarmName,
          AlarmArn: `arn:aws:cloudwatch:${name}:${world.account}:alarm:${AlarmName}`,
          AlarmConfigurationUpdatedTimestamp: now,
          ActionsEnabled: rest.ActionsEnabled ?? true,
          OKActions: [],
          AlarmActions: [],
          InsufficientDataActions: [],
          StateValue: former?.StateValue ?? "INSUFFICIENT_DATA",
          StateReason: former?.StateReason ?? "Unchecked: Initial alarm creation",
          StateUpdatedTimestamp: former?.StateUpdatedTimestamp ?? now,
          StateTransitionedTimestamp: former?.StateTransitionedTimestamp ?? now,
          Dimensions: rest.Dimensions ?? [],
          Period,
          EvaluationPeriods,
          Threshold,
          ComparisonOperator,
          TreatMissingData,
          tags,
        });
        return {};
      },
    },
  };
}
