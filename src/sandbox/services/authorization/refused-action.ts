import { type Asked, AwsError, notEmulated } from "../../wire/service.ts";
import { NotLookedAt } from "../../world/policies/context.ts";
import { type AuthorizedRequest, requestContext } from "../../world/policies/request.ts";
import type { Deed } from "../../world/policies/statements.ts";
import type { World } from "../../world/world.ts";
import { ec2Requests } from "./ec2-requests.ts";
import { passedRoles } from "./passed-roles.ts";
import { valuesOf } from "./request-values.ts";
import { resourcesOf } from "./resources.ts";

/** Who calls, and what its policies say. */
interface Session {
  /** In AWS's words; undefined: they allow it. @throws NotLookedAt */
  denial(deed: Deed): string | undefined;
}

/** Prefixes of IAM's actions that are not the service's name in the credential scope. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Services with a code of their own for what nobody allowed; the others answer `AccessDeniedException`. */
const QUERY_SERVICES = ["autoscaling", "elasticloadbalancing", "iam", "monitoring", "rds", "route53", "sts"];

/** What IAM says to a call that none of the role's policies allows; undefined: it is allowed. Everybody may ask who he is. */
export function refusedAction(world: World, session: Session, asked: Asked): AwsError | undefined {
  const { service, operation } = asked;
  if (operation === "GetCallerIdentity") return undefined;
  for (const request of requestsOf(world, asked)) {
    try {
      const message = session.denial({ ...request, context: requestContext(world, request) });
      if (message !== undefined) return refusal(service, message);
    } catch (error) {
      if (!(error instanceof NotLookedAt)) throw error;
      return notEmulated(`the condition key ${error.key} of ${request.action}`);
    }
  }
  return undefined;
}

/** What has to be allowed: the action on each of its resources, and giving away the roles that it gives to a service. */
function requestsOf(world: World, asked: Asked): AuthorizedRequest[] {
  const { region } = asked;
  const passing = passedRoles(world, asked).map(({ role, to }) => ({
    action: "iam:PassRole",
    resource: role,
    region,
    values: { "iam:PassedToService": to },
  }));
  return [...(asked.service === "ec2" ? ec2Requests(world, asked) : ofAction(world, asked)), ...passing];
}

/** The action on each of its resources, with the same values for all. */
function ofAction(world: World, asked: Asked): AuthorizedRequest[] {
  const { service, operation, region } = asked;
  const action = `${PREFIXES[service] ?? service}:${operation}`;
  const values = valuesOf(world, asked);
  const resources = resourcesOf(world, asked);
  const about = resources.length > 0 ? resources : [undefined];
  return about.map((resource) => ({ action, resource, region, values }));
}

function refusal(service: string, message: string): AwsError {
  if (service === "ec2") {
    // Of what no policy can name it names no resource either.
    const why = message.replace(" on resource: * ", " ");
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${why}`, 403);
  }
  if (QUERY_SERVICES.includes(service)) return new AwsError("AccessDenied", message, 403);
  return new AwsError("AccessDeniedException", message, 400);
}
