import { type ServiceLogs, serviceLogsOf } from "../aws/service-logs.ts";
import { Explained } from "../engine/errors.ts";
import { noSuchService } from "./services.ts";
import type { Session } from "./session.ts";

/** Where a service prints to in the region. @throws {Explained} there is no such service, or it keeps nothing */
export async function logsOf(
  { clients, stack, target }: Session,
  cluster: string,
  service: string,
): Promise<ServiceLogs> {
  const found = await serviceLogsOf(clients, cluster, service);
  const stage = stack.stages.find(({ running }) => running)?.name ?? "";
  if (!found) throw noSuchService(stack, service);
  const places = found.places.filter(({ region }) => region === target.region);
  if (places.length > 0) return { ...found, places };
  const [elsewhere] = found.places;
  if (elsewhere) {
    const next = `Read them there: aws logs tail ${elsewhere.group} --region ${elsewhere.region}`;
    throw new Explained(`service ${service} prints to CloudWatch Logs of another region`, next);
  }
  throw new Explained(
    `nothing of what service ${service} prints is kept: task definition ${found.taskDefinition} has no log driver awslogs`,
    `Leave taskDefinition.logs.enabled as it is by default (true) in the variables; \`bia-infra create --stage ${stage}\` then makes a log group and a revision that prints to it.`,
  );
}
