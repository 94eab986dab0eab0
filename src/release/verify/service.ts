import { type Check, serviceOf } from "./check.ts";

/** Whether there is a service to put a version on. */
export const service: Check = {
  subject: "service",
  async look(examined) {
    const found = await serviceOf(examined);
    const { cluster, service: name } = examined;
    if (!found) {
      const text = `there is no service ${name} in cluster ${cluster}`;
      return [{ level: "problem", subject: "service", text, next: "`bia-infra create --all` makes it." }];
    }
    const { runningCount = 0, desiredCount = 0 } = found;
    const text = `${name}, ${runningCount} of ${desiredCount} ${desiredCount === 1 ? "task" : "tasks"} running`;
    return [{ level: "ok", subject: "service", text }];
  },
};
