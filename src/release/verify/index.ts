import type { Aws } from "../../aws/clients.ts";
import { type Finding, findingsOn } from "../../aws/finding.ts";
import type { Kind } from "../../engine/task.ts";
import type { Check, Examined, Verified } from "./check.ts";
import { type ImageToVerify, imageFindings } from "./image.ts";
import { logGroups } from "./log-group.ts";
import { network } from "./network.ts";
import { pullAndPrint } from "./pull-and-print.ts";
import { roles } from "./roles.ts";
import { room } from "./room.ts";
import { secrets } from "./secrets.ts";
import { service } from "./service.ts";
import { targetGroups } from "./target-groups.ts";

/** All that needs no image, in the order in which it is told. */
const CHECKS: readonly Check[] = [service, roles, secrets, pullAndPrint, logGroups, targetGroups, network, room];

/** What a look at everything came to. */
export interface Looked {
  readonly findings: readonly Finding[];
}

/** What ECS would stumble over with a version, but for its image: looked at all at once before anything is changed. */
export const verification: Kind<Verified, Looked, Aws> = {
  type: "release.verification",
  find: async (aws, verified) => ({ findings: await findingsFor({ ...whole(verified), aws }) }),
  ...looking(),
};

/** Whether an image is there for the platform of the machines. */
export const imageVerification: Kind<ImageToVerify, Looked, Aws> = {
  type: "release.image-verification",
  find: async (aws, image) => ({ findings: await imageFindings(aws, whole(image)) }),
  ...looking(),
};

/** Read once before any check does: a value that is not known yet is no finding, but a reason to look again later. */
function whole<Desired>(desired: Desired): Desired {
  return structuredClone(desired);
}

async function findingsFor(examined: Examined): Promise<Finding[]> {
  return (await Promise.all(CHECKS.map((check) => findingsOn(check.subject, () => check.look(examined))))).flat();
}

/** A problem ends the run before anything is changed; what could not be looked at does not. */
function looking() {
  return {
    broken: ({ findings }: Looked) => {
      const problems = findings.filter(({ level }) => level === "problem");
      return problems.length === 0 ? undefined : problems.map(inWords).join("\n");
    },
    remedy: () => "Then run the same command again; `bia-infra verify` looks without deploying.",
    describe: ({ findings }: Looked) => {
      const unknown = findings.filter(({ level }) => level === "unknown").length;
      return unknown === 0 ? "no problem found" : `no problem found, ${unknown} could not be looked at`;
    },
    limits: { usually: 1 },
  } as const;
}

function inWords({ subject, text, next }: Finding): string {
  return `${subject}: ${text}${next === undefined ? "" : `\n  ${next}`}`;
}
