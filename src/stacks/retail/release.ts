import {
  type Asked,
  type ConfiguredService,
  type Refs,
  type RollSettings,
  type ServiceNames,
  task,
} from "../../engine/task.ts";
import { releaseRevision } from "../../kinds/ecs/release-revision.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import { verification } from "../../release/verify/index.ts";
import { putOn, rollTask } from "../roll.ts";

/** What a service's revisions are made of. */
interface Configurable extends ServiceNames {
  /** Where it is asked from outside; absent: nobody can. */
  readonly asked?: Asked;
  readonly rollSettings: RollSettings;
  /** What a revision is with these values over those of the variables. */
  definition(environment: Readonly<Record<string, string>>): Refs<TaskDefinitionDesired>;
}

/** A service of a public image as changed environments are put on it: the revision, the roll. */
export function configuredService({ definition, ...of }: Configurable): ConfiguredService {
  const { name, cluster, family } = of;
  return {
    ...of,
    versionsOf: "environment",
    release({ environment, roll: how }) {
      const defined = definition(environment);
      const checks = task("release-checks", `checks of service ${name}`, verification, {
        cluster,
        service: name,
        definition: defined,
      });
      const revision = task(
        "release-revision",
        `revision of ${family} with ${Object.keys(environment).join(", ")}`,
        releaseRevision,
        { definition: defined, service: { cluster, name }, changed: Object.keys(environment) },
        [checks],
      );
      const arn = revision.out((found) => found.arn);
      const roll = rollTask(of, `service ${name} on that revision`, arn, how);
      return { tasks: [checks, revision, roll], checks, revision, roll };
    },
    putOn: putOn(of),
  };
}
