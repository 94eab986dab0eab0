import * as z from "zod";
import { evenIfWrong } from "../rules.ts";
import * as value from "../values.ts";

/** Variables of how many tasks the ui has. */
export const autoscaling = z
  .strictObject({
    /** Tasks at least; a service with fewer gets them at once. Default 2. */
    min: value.whole(0, 5000, "tasks").default(2),
    /** Tasks at most, whatever comes. Each takes `ui.cpu` of the account's quota of Fargate. Default 10. */
    max: value.whole(0, 5000, "tasks").default(10),
    /** Name of the policy. Default `ui-scaling-policy`. */
    policy: value.scalingPolicyName().default("ui-scaling-policy"),
    /**
     * What is kept at `targetValue`: requests that each task gets in a minute (`ALBRequestCountPerTarget`), or per cent of the
     * CPU or of the memory of the tasks. Default `ALBRequestCountPerTarget`.
     */
    metric: value
      .oneOf("ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization")
      .default("ALBRequestCountPerTarget"),
    /** Default 1500, which is for requests: of CPU or memory it is 100 at most. */
    targetValue: value.whole(1, 1_000_000_000).default(1500),
    /** Seconds that tasks are not taken away in after others were. Absent: AWS's own, 300. */
    scaleInCooldown: value.whole(0, 86_400, "seconds").optional(),
    /** Seconds in which tasks that were added count as already there. Absent: AWS's own, 300. */
    scaleOutCooldown: value.whole(0, 86_400, "seconds").optional(),
    /** Whether tasks are taken away when there is little to do; with `false` there is no low alarm. Default true. */
    scaleIn: z.boolean().describe("true or false").default(true),
    /** What is not done for the moment although the policy would. */
    suspended: z
      .strictObject({
        /** Taking tasks away. Default false. */
        scaleIn: z.boolean().describe("true or false").default(false),
        /** Adding tasks. Default false. */
        scaleOut: z.boolean().describe("true or false").default(false),
      })
      .prefault({}),
  })
  .refine(({ min, max }) => !(min > max), {
    path: ["max"],
    error: "a number of tasks that is not below autoscaling.min",
    when: evenIfWrong,
  })
  .refine(({ metric, targetValue }) => metric === "ALBRequestCountPerTarget" || !(targetValue > 100), {
    path: ["targetValue"],
    error: "1 to 100 per cent, for autoscaling.metric is none of requests",
    when: evenIfWrong,
  });
