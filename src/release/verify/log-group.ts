import { logGroupNamed } from "../../aws/log-groups.ts";
import type { Check, Examined } from "./check.ts";

/** Whether the log groups are there that the containers print to. */
export const logGroups: Check = {
  subject: "log group",
  async look(examined) {
    const subject = "log group";
    const names = groupsOf(examined);
    const looks = names.map(async (name) => ((await logGroupNamed(examined.aws, name)) ? [] : [name]));
    const absent = (await Promise.all(looks)).flat();
    const next = "`bia-infra create --all` makes the stack's own; another one with `aws logs create-log-group`.";
    if (absent.length > 0) {
      return absent.map((name) => {
        const text = `there is no log group ${name}, and without it no task starts`;
        return { level: "problem", subject, text, next };
      });
    }
    return names.length === 0 ? [] : [{ level: "ok", subject, text: `${names.join(", ")} is there` }];
  },
};

/** But those that the driver makes itself. */
function groupsOf({ definition }: Examined): string[] {
  const groups = definition.containers.flatMap(({ logConfiguration }) => {
    const { driver, options = {} } = logConfiguration ?? {};
    const isMade = options["awslogs-create-group"] === "true";
    return driver === "awslogs" && !isMade ? (options["awslogs-group"] ?? []) : [];
  });
  return [...new Set(groups)];
}
