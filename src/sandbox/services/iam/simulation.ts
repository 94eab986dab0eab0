import { AwsError } from "../../wire/service.ts";
import { contextOf } from "../../world/policies/context.ts";
import type { Role } from "../../world/records.ts";
import { type Simulated, simulated } from "../../world/role-permissions.ts";
import type { World } from "../../world/world.ts";
import { type IamOperations, paged, roleOf } from "./operation.ts";

/** The policy simulator, for roles. */
export function simulationOperations(world: World): IamOperations {
  return {
    SimulatePrincipalPolicy: {
      accepts: ["PolicySourceArn", "ActionNames", "ResourceArns", "ContextEntries", "Marker", "MaxItems"],
      handle(input) {
        const { PolicySourceArn = "", ActionNames = [], ResourceArns = [], ContextEntries = [] } = input;
        const role = sourceRole(world, PolicySourceArn);
        for (const action of ActionNames) {
          if (!/^[\w-]+:[\w*]+$/.test(action)) throw invalid(`Invalid Action Name: ${action}`);
        }
        for (const resource of ResourceArns) {
          if (resource === "*" || /^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/.test(resource)) continue;
          throw invalid(`ResourceNames are not in a valid ARN format: ${resource}`);
        }
        const context = contextOf(
          Object.fromEntries(
            ContextEntries.map(({ ContextKeyName = "", ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues]),
          ),
        );
        const resources = ResourceArns.length > 0 ? ResourceArns : ["*"];
        const results = ActionNames.flatMap((action) =>
          resources.map((resource) => result(action, resource, simulated(role, action, resource, context))),
        );
        const { items, ...rest } = paged(results, input, world.pageSize);
        return { EvaluationResults: items, ...rest };
      },
    },
  };
}

/** One action on one resource. Keys without a value stand with the resource where one was named. (iam:EvaluationResult) */
function result(action: string, resource: string, { is, by, missing }: Simulated) {
  const MatchedStatements = by.map((SourcePolicyId) => ({ SourcePolicyId }));
  const named = {
    EvalResourceName: resource,
    EvalResourceDecision: is,
    MatchedStatements,
    MissingContextValues: [...missing],
  };
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: is,
    MatchedStatements,
    MissingContextValues: resource === "*" ? [...missing] : [],
    ...(resource !== "*" && { ResourceSpecificResults: [named] }),
  };
}

function sourceRole(world: World, arn: string): Role {
  const [, path = "", name] = /^arn:aws:iam::\d{12}:role(\/(?:.+\/)?)([^/]+)$/.exec(arn) ?? [];
  if (name === undefined) throw invalid(`Invalid Entity Arn: ${arn}`);
  const role = roleOf(world, name);
  if (role.Arn !== arn || role.Path !== path)
    throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`);
  return role;
}

function invalid(message: string): AwsError {
  return new AwsError("InvalidInput", message);
}
