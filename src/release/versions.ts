import { DescribeTaskDefinitionCommand, paginateListTaskDefinitions } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { ENVIRONMENT_TAG, fromEcsTags, VERSION_TAG } from "../aws/tags.ts";
import { Explained, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import type { ServiceNames } from "../engine/task.ts";
import { numberIn } from "../kinds/ecs/revisions.ts";
import { noService } from "../kinds/ecs/rollout.ts";
import { rolloutOf, servingIn } from "../kinds/ecs/rollout-reads.ts";
import { revisionsTakenBack } from "../kinds/ecs/taken-back.ts";

/** A revision of a service's task definition, as a person looks at the versions that there were. */
export interface VersionThere {
  readonly revision: string;
  /** ARN. */
  readonly arn: string;
  /** The tag of its image when it was released; undefined: no release has made the revision. */
  readonly version: string | undefined;
  /** Names of the values that it was given over those of the variables, with blanks between; undefined: none. */
  readonly environment: string | undefined;
  readonly image: string;
  readonly registeredAt: Date | undefined;
  /** Who registered it: an ARN. */
  readonly by: string;
  /** Its tasks run and are what is left when nothing goes on. */
  readonly serves: boolean;
  /** ECS has taken its newest deployment back, so it never came to serve, or was left in the middle. */
  readonly takenBack: boolean;
}

/**
 * The active revisions of a service, newest first.
 *
 * @param most so many at most
 * @throws {Explained} there is no such service
 */
export async function versionsOf(aws: Aws, service: ServiceNames, most: number): Promise<VersionThere[]> {
  const rollout = await rolloutOf(aws, service);
  if (!rollout) throw noService(service);
  const serving = servingIn(rollout);
  const [arns, back] = await Promise.all([
    newestRevisions(aws, service.family, most),
    revisionsTakenBack(aws, service),
  ]);
  // What serves may be older than all of these.
  const all = serving === undefined || arns.includes(serving) ? arns : [...arns, serving];
  return Promise.all(
    all.map((arn) => versionAt(aws, service, arn, { serves: arn === serving, takenBack: back.has(arn) })),
  );
}

/** Revisions among which one is looked for. */
const LOOKED_AT = 100;

/**
 * The newest that is called so, or has this number.
 *
 * @throws {Explained, RunStopped} there is no such service; no such version, which is wrong usage
 */
export async function versionNamed(aws: Aws, service: ServiceNames, which: string): Promise<VersionThere> {
  const all = await versionsOf(aws, service, LOOKED_AT);
  const found = all.find(({ revision, version }) => version === which || revision === which);
  if (found) return found;
  throw new RunStopped(`there is no version ${which}`, `There is: ${knownOf(all)}.`, EXIT.usage);
}

/**
 * The newest before revision `number` that was not taken back.
 *
 * @throws {Explained} there is none, or no such service
 */
export async function versionBefore(aws: Aws, service: ServiceNames, number: number): Promise<VersionThere> {
  const all = await versionsOf(aws, service, LOOKED_AT);
  const found = all.find(({ revision, takenBack }) => Number(revision) < number && !takenBack);
  if (found) return found;
  const why = `service ${service.name} has no version before the one that serves`;
  throw new Explained(why, "`bia-infra versions` lists what there is.");
}

/** So many versions can be told in a line. */
const TOLD = 10;

function knownOf(all: readonly VersionThere[]): string {
  const told = all.slice(0, TOLD).map(({ revision, version }) => (version ? `${revision} (${version})` : revision));
  return `${told.join(", ")}${all.length > TOLD ? " ..." : ""}`;
}

async function newestRevisions({ ecs }: Aws, familyPrefix: string, most: number): Promise<string[]> {
  const arns: string[] = [];
  const asked = { familyPrefix, status: "ACTIVE", sort: "DESC" } as const;
  for await (const { taskDefinitionArns = [] } of paginateListTaskDefinitions({ client: ecs }, asked)) {
    arns.push(...taskDefinitionArns);
    if (arns.length >= most) break;
  }
  return arns.slice(0, most);
}

async function versionAt(
  { ecs }: Aws,
  { container: name }: ServiceNames,
  arn: string,
  state: Pick<VersionThere, "serves" | "takenBack">,
): Promise<VersionThere> {
  const found = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ["TAGS"] }));
  const tags = fromEcsTags(found.tags);
  const { containerDefinitions = [], registeredAt, registeredBy = "" } = found.taskDefinition ?? {};
  return {
    revision: numberIn(arn),
    arn,
    version: tags[VERSION_TAG],
    environment: tags[ENVIRONMENT_TAG],
    image: containerDefinitions.find((one) => one.name === name)?.image ?? "",
    registeredAt,
    by: registeredBy,
    ...state,
  };
}
