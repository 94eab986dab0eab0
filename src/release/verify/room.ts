import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeCapacityProvidersCommand, type Service } from "@aws-sdk/client-ecs";
import { nameIn } from "../../aws/arn.ts";
import type { Finding } from "../../aws/finding.ts";
import { inWords } from "../../kinds/ecs/machines.ts";
import { type Check, type Examined, machinesOf, serviceOf } from "./check.ts";
import {
  covers,
  hasRoomAfterOne,
  hasRoomBeside,
  type Needs,
  needsOf,
  type Place,
  placesFor,
  roomInTheEnd,
} from "./places.ts";

const SUBJECT = "room";

/** Whether ECS has a place for the new tasks, or may make one: room for one more, or leave to take one down. */
export const room: Check = {
  subject: SUBJECT,
  async look(examined) {
    const service = await serviceOf(examined);
    const { desiredCount = 0, deployments = [], launchType, placementConstraints = [] } = service ?? {};
    // Tasks that do not run (no version ever did) hold nobody's place.
    const missing = Math.max(0, desiredCount - (service?.runningCount ?? 0) - (service?.pendingCount ?? 0));
    if (!service || launchType === "FARGATE") return [];
    if (desiredCount === 0) return [ok("the service is to have no task")];
    const leave = leaveOf(service);
    if (leave.more === 0 && leave.fewer === 0) return [stuck(service)];
    const isUnderWay = deployments.length > 1;
    const needs = needsOf(examined.definition);
    const isDistinct = placementConstraints.some(({ type }) => type === "distinctInstance");
    const found = await placesFor(examined, await machinesOf(examined));
    // What stops just now still has its place, so only what an empty machine has is sure.
    const places = isUnderWay ? found.map((place) => ({ ...place, leftWithout: place.whole })) : found;
    const inTheEnd = places.reduce((sum, place) => sum + roomInTheEnd(place, needs, isDistinct), 0);
    // Where the new tasks go then, old ones were taken down already.
    if (isUnderWay && inTheEnd >= desiredCount) return [ok("a deployment is under way and has made its room")];
    const beside = leave.more + missing > 0 && places.some((place) => hasRoomBeside(place, needs, isDistinct));
    const afterOne = leave.fewer > 0 && places.some((place) => hasRoomAfterOne(place, needs, isDistinct));
    if (inTheEnd >= desiredCount && beside) return [ok(`there is room for one task more, with ${inWords(needs)}`)];
    if (inTheEnd >= desiredCount && afterOne)
      return [ok(`${inWords(needs)} for each new task, where an old one is taken down first`)];
    const trouble = inTheEnd < desiredCount ? tooLittle(places, needs, desiredCount) : noStart(places, needs, service);
    return [await orNote(examined, service, places, needs, trouble)];
  },
};

/** How many tasks a deployment may have more and fewer than the service is to have: of the least it rounds up, of the most down. */
function leaveOf({ desiredCount = 0, deploymentConfiguration = {} }: Service): { more: number; fewer: number } {
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = deploymentConfiguration;
  return {
    more: Math.floor((desiredCount * maximumPercent) / 100) - desiredCount,
    fewer: desiredCount - Math.ceil((desiredCount * minimumHealthyPercent) / 100),
  };
}

function stuck({ desiredCount = 0, deploymentConfiguration = {} }: Service): Finding {
  const { minimumHealthyPercent: least, maximumPercent: most } = deploymentConfiguration;
  const tasks = desiredCount === 1 ? "1 task" : `${desiredCount} tasks`;
  const text = `of ${tasks}, at least ${least} and at most ${most} per cent leave no task to take down and none to add: nothing could ever be rolled out`;
  const next =
    "Set service.minimumHealthyPercent lower (0 with one task) or service.maximumPercent higher (200) in the variables, then `bia-infra create --all`.";
  return { level: "problem", subject: SUBJECT, text, next };
}

function tooLittle(places: readonly Place[], needs: Needs, desiredCount: number): Finding {
  const suitable = places.filter(({ architecture }) => architecture === needs.architecture);
  const [largest] = suitable.map(({ leftWithout }) => leftWithout).sort((one, other) => other.memory - one.memory);
  const others = places.length - suitable.length;
  const among = others > 0 ? `, and ${others} not of ${needs.architecture}` : "";
  const has = largest
    ? `the roomiest machine has ${inWords(largest)} without the old ones`
    : "there is no machine for them";
  const text = `${desiredCount === 1 ? "the task has" : `not all ${desiredCount} tasks have`} room: each takes ${inWords(needs)}, and ${has}${among}`;
  const next =
    "Ask for less (taskDefinition.container in the variables), for larger machines (launchTemplate.instanceType) or for more (autoScalingGroup).";
  return { level: "problem", subject: SUBJECT, text, next };
}

/** There would be room in the end, but nothing can be started or taken down for it. */
function noStart(places: readonly Place[], needs: Needs, { deploymentConfiguration = {} }: Service): Finding {
  const [most] = places.map(({ left }) => left).sort((one, other) => other.memory - one.memory);
  const least = deploymentConfiguration.minimumHealthyPercent;
  const text = `no machine can take one task more (${inWords(needs)}; the roomiest has ${most ? inWords(most) : "nothing"} left), and at least ${least} per cent of the tasks have to go on running`;
  const next =
    "Set service.minimumHealthyPercent lower, so that one is taken down first, or give the cluster one machine more (autoScalingGroup); then `bia-infra create --all`.";
  return { level: "problem", subject: SUBJECT, text, next };
}

/** No problem where the capacity provider launches a machine that the task fits on. */
async function orNote(
  examined: Examined,
  service: Service,
  places: readonly Place[],
  needs: Needs,
  trouble: Finding,
): Promise<Finding> {
  const fits = places.length === 0 || places.some(({ whole }) => covers(whole, needs));
  if (!fits || !(await canGrow(examined, service))) return trouble;
  const text = `${trouble.text}; ECS has a machine more launched for it, which takes some minutes`;
  return { level: "note", subject: SUBJECT, text };
}

async function canGrow({ aws }: Examined, { capacityProviderStrategy = [] }: Service): Promise<boolean> {
  const names = capacityProviderStrategy.flatMap(({ capacityProvider }) => capacityProvider ?? []);
  if (names.length === 0) return false;
  const { capacityProviders = [] } = await aws.ecs.send(
    new DescribeCapacityProvidersCommand({ capacityProviders: names }),
  );
  const groups = capacityProviders.flatMap(({ autoScalingGroupProvider: group }) =>
    group?.managedScaling?.status === "ENABLED" ? nameIn(group.autoScalingGroupArn ?? "") : [],
  );
  if (groups.length === 0) return false;
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: groups });
  const { AutoScalingGroups = [] } = await aws.autoScaling.send(asked);
  return AutoScalingGroups.some(({ MaxSize = 0, DesiredCapacity = 0 }) => MaxSize > DesiredCapacity);
}

function ok(text: string): Finding {
  return { level: "ok", subject: SUBJECT, text };
}
