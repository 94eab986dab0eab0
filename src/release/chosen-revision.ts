import type { Aws } from "../aws/clients.ts";
import type { Kind, ServiceNames } from "../engine/task.ts";
import { numberIn } from "../kinds/ecs/revisions.ts";
import { takenBack } from "../kinds/ecs/taken-back.ts";
import { inWords, type Serving, serviceNow, servingOn } from "./service-now.ts";
import { versionBefore, versionNamed } from "./versions.ts";

/** Which of a service's revisions somebody means. */
export interface Choice {
  readonly service: ServiceNames;
  /**
   * The number of a revision or the name of a version; `now`: the one that it is on; `before`: what serves, where the service is on
   * its way to another one, or that one has been taken back; else the one before it, but for those that were taken back.
   */
  readonly which: string;
}

/** A revision that was meant. */
export interface Chosen extends Serving {
  /** What serves until now. */
  readonly instead: Serving | undefined;
  /** A little after the deployment that the service has now. */
  readonly afterNow: Date;
}

/** A revision that is there already, as a thing to be found. */
export const chosenRevision: Kind<Choice, Chosen, Aws> = {
  type: "ecs.chosen-revision",
  async find(aws, { service, which }) {
    const { serving, rollout } = await serviceNow(aws, service);
    const afterNow = new Date((rollout.primary.createdAt ?? new Date()).getTime() + 1);
    if (which === "now") return { ...(await servingOn(aws, rollout.revision)), instead: serving, afterNow };
    const isBack = which === "before" && serving && (await isOnItsWayBack(aws, service, rollout.revision, serving));
    if (isBack) return { ...serving, instead: serving, afterNow };
    const number = Number(serving?.number ?? numberIn(rollout.revision));
    const { arn } = await (which === "before"
      ? versionBefore(aws, service, number)
      : versionNamed(aws, service, which));
    return { ...(await servingOn(aws, arn)), instead: serving, afterNow };
  },
  missing: () => "`bia-infra versions` lists what there is.",
  describe: (chosen) => (chosen.instead ? `${inWords(chosen)}, ${inWords(chosen.instead)} serves` : inWords(chosen)),
  limits: { usually: 1 },
};

/** Whether what serves is what it has to go back to: ECS may have gone there already. */
async function isOnItsWayBack(aws: Aws, service: ServiceNames, revision: string, serving: Serving): Promise<boolean> {
  return serving.arn !== revision || (await takenBack(aws, service)) !== undefined;
}
