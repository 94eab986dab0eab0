import type { Aws } from "../aws/clients.ts";
import { Explained } from "../engine/errors.ts";
import type { Kind, ServiceNames } from "../engine/task.ts";
import { inWords, type Serving, serviceNow, servingOn } from "./service-now.ts";
import { versionsOf } from "./versions.ts";

/** Which of a service's revisions somebody means. */
export interface Choice {
  readonly service: ServiceNames;
  /** The number of a revision or the name of a version; `before`: the one before what serves; `now`: the one that it is on. */
  readonly which: string;
}

/** A revision that was meant. */
export interface Chosen extends Serving {
  /** What serves until now. */
  readonly instead: Serving | undefined;
  /** A little after the deployment that the service has now. */
  readonly afterNow: Date;
}

/** Revisions among which one is looked for. */
const LOOKED_AT = 100;

/** A revision that is there already, as a thing to be found. */
export const chosenRevision: Kind<Choice, Chosen, Aws> = {
  type: "ecs.chosen-revision",
  async find(aws, { service, which }) {
    const { serving, rollout } = await serviceNow(aws, service);
    const afterNow = new Date((rollout.primary.createdAt ?? new Date()).getTime() + 1);
    if (which === "now") return { ...(await servingOn(aws, rollout.revision)), instead: serving, afterNow };
    const versions = await versionsOf(aws, service, LOOKED_AT);
    const older = versions.filter(({ revision }) => serving === undefined || Number(revision) < Number(serving.number));
    const found =
      which === "before" ? older[0] : versions.find(({ revision, version }) => revision === which || version === which);
    if (!found) throw noVersion(service, which);
    return { ...(await servingOn(aws, found.arn)), instead: serving, afterNow };
  },
  missing: () => "`bia-infra versions` lists what there is.",
  describe: (chosen) => (chosen.instead ? `${inWords(chosen)}, ${inWords(chosen.instead)} serves` : inWords(chosen)),
  limits: { usually: 1 },
};

function noVersion({ name }: ServiceNames, which: string): Explained {
  const why =
    which === "before" ? `service ${name} has no version before the one that serves` : `there is no version ${which}`;
  return new Explained(why, "`bia-infra versions` lists what there is.");
}
