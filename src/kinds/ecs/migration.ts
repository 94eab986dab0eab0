import { createHash } from "node:crypto";
import { DescribeTasksCommand, paginateListTasks, type Task } from "@aws-sdk/client-ecs";
import { chunks } from "../../aws/chunks.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Kind } from "../../engine/task.ts";
import { type OneOff, type OneOffState, startOneOff, stateOf } from "./one-off-task.ts";
import { lastPrinted, Printed } from "./printed.ts";

/** What makes a version's database what it expects. */
export interface MigrationDesired extends Pick<OneOff, "cluster" | "revision" | "container" | "command"> {
  readonly family: string;
}

/** The last task that was to migrate for a revision. */
export interface Migration extends OneOffState {
  readonly desired: MigrationDesired;
  /** The last lines that it printed, of one that went wrong. */
  readonly printed: readonly string[];
}

/** Lines of what a failed migration printed last that are worth showing. */
const LAST_LINES = 12;

/**
 * The migrations of a version, run once in a task of its revision. Found by the task, which ECS remembers for an hour or so; after
 * that they are run again, which does nothing where there is nothing to migrate.
 */
export const migration: Kind<MigrationDesired, Migration, Aws> = {
  type: "ecs.migration",
  async find(aws, desired) {
    const task = (await tasksFor(aws, desired)).sort(byStart)[0];
    if (!task) return undefined;
    const state = stateOf(task, desired.container);
    const isBad = state.stopped !== undefined && state.exitCode !== 0;
    const printed = isBad ? await lastPrinted(aws, desired.revision, state.id, LAST_LINES) : [];
    return { ...state, desired, printed };
  },
  create: async (aws, desired, note) => {
    await startOneOff(aws, { ...desired, startedBy: startedBy(desired) }, note);
  },
  pending: ({ id, status, stopped }) => (stopped === undefined ? `task ${id.slice(0, 8)} is ${status}` : undefined),
  broken({ id, desired, exitCode, stopped, printed }) {
    if (stopped === undefined || exitCode === 0) return undefined;
    const ended = exitCode === undefined ? `did not run: ${stopped}` : `exited with ${exitCode}`;
    return [
      ...printed.map((line) => `| ${line}`),
      `${desired.command.join(" ")} ${ended} (task ${id.slice(0, 8)})`,
    ].join("\n");
  },
  remedy: () => "Correct the migration in the app's source, then deploy it again.",
  redo: true,
  async follow(aws, { id, desired }, note, place) {
    const printed = (place as Printed | undefined) ?? (await Printed.by(aws, desired.revision, desired.container, id));
    for (const line of await printed.lines()) note(line);
    return printed;
  },
  describe: ({ desired }) => desired.command.join(" "),
  limits: { usually: 10, ready: 1800, poll: [0.3, 3] },
};

/** By its family, because `startedBy` is a filter that stands alone. (ListTasks) */
async function tasksFor({ ecs }: Aws, desired: MigrationDesired): Promise<Task[]> {
  const { cluster, family } = desired;
  const arns: string[] = [];
  for (const desiredStatus of ["RUNNING", "STOPPED"] as const) {
    for await (const page of paginateListTasks({ client: ecs }, { cluster, family, desiredStatus }))
      arns.push(...(page.taskArns ?? []));
  }
  const answers = chunks([...new Set(arns)], 100).map((tasks) =>
    ecs.send(new DescribeTasksCommand({ cluster, tasks })),
  );
  const tasks = (await Promise.all(answers)).flatMap((answer) => answer.tasks ?? []);
  return tasks.filter((task) => task.startedBy === startedBy(desired));
}

/** Which revision, and with which command. */
function startedBy({ revision, command }: MigrationDesired): string {
  const word = createHash("sha256").update(JSON.stringify(command)).digest("hex").slice(0, 8);
  return `bia-infra/migrate-${revision.slice(revision.lastIndexOf(":") + 1)}-${word}`;
}

function byStart(one: Task, other: Task): number {
  return (other.createdAt?.getTime() ?? 0) - (one.createdAt?.getTime() ?? 0);
}
