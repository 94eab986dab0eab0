import { DeregisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { create } from "../engine/create.ts";
import { explainError } from "../engine/errors.ts";
import type { Run } from "../engine/run.ts";
import type { DeployedService, Roll } from "../engine/task.ts";
import { type Serving, serviceNow } from "./service-now.ts";

/** Seconds that a roll may stand still, where nobody says otherwise. */
export const USUAL_TIMEOUT = 900;

/** How a service came back to what served before. */
export interface TakenBack {
  /** Undefined: it did. */
  readonly failure: string | undefined;
}

/**
 * Puts a service back on the revision that served before, whether or not AWS has begun to do so itself, and takes the one that
 * failed out of use: whoever makes the stack true later would put the newest revision forward again.
 *
 * It is given as long as a roll usually gets, however short the time of the one that failed was.
 *
 * @param tell receives how far it is, in words
 */
export async function takeBack(
  run: Run<Aws>,
  service: DeployedService,
  { from, to, roll }: { readonly from: string; readonly to: Serving; readonly roll: Roll },
  tell: (text: string) => void,
): Promise<TakenBack> {
  const timeout = Math.max(roll.timeout, USUAL_TIMEOUT);
  const back = service.putOn(to.arn, { until: "deployed", timeout });
  const telling: Run<Aws> = { ...run, emit: (event) => event.type === "waiting" && tell(event.reason) };
  const outcome = (await create(telling, { tasks: [back], findOnly: new Map(), adopt: false })).get(back);
  if (outcome?.is === "failed") return { failure: explainError(run.errors, outcome.error).why };
  if (outcome?.is !== "done") return { failure: outcome?.because ?? "it was not tried" };
  await withdraw(run.aws(back), service, from);
  return { failure: undefined };
}

/** Deregisters a revision that failed, unless the service is on it after all. */
export async function withdraw(aws: Aws, service: DeployedService, taskDefinition: string): Promise<void> {
  aws.shared.forget();
  const { rollout } = await serviceNow(aws, service);
  if (rollout.revision === taskDefinition) return;
  await aws.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
}
