import { expect, it } from "vitest";
import { alarmState } from "../../../../src/sandbox/world/cloudwatch/alarm-state.ts";
import type { MetricAlarm } from "../../../../src/sandbox/world/records.ts";

const INSUFFICIENT = "INSUFFICIENT_DATA";
const KEPT = "KEPT" as never;

/** Tables of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data": X breaches, 0 does not, - is missing. */
it.each([
  [3, "0 - X - X", ["OK", "OK", "OK", "OK"]],
  [3, "- - - - 0", ["OK", "OK", "OK", "OK"]],
  [3, "- - - - -", [INSUFFICIENT, KEPT, "ALARM", "OK"]],
  [3, "0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  [3, "- - X - -", ["ALARM", KEPT, "ALARM", "OK"]],
  [3, "- - - - X", [KEPT, KEPT, "ALARM", "OK"]],
  [2, "0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  [2, "0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]],
  [2, "0 - X - -", ["OK", "OK", "ALARM", "OK"]],
  [2, "- - - - 0", ["OK", "OK", "ALARM", "OK"]],
  [2, "- - - X -", ["ALARM", KEPT, "ALARM", "OK"]],
])("an alarm of %i out of 3 datapoints comes to what AWS says of %s", (needed, drawn, states) => {
  const values = drawn.split(" ").map((one) => (one === "-" ? undefined : one === "X" ? 2 : 0));
  const come = ["missing", "ignore", "breaching", "notBreaching"].map((TreatMissingData) =>
    alarmState(
      {
        EvaluationPeriods: 3,
        DatapointsToAlarm: needed,
        Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
        StateValue: KEPT,
        TreatMissingData,
      } as unknown as MetricAlarm,
      values,
    ),
  );
  expect(come).toEqual(states);
});
