import { AwsError, notKnown } from "../../wire/service.ts";
import { flawIn } from "../../world/policies/flaws.ts";
import { statementsOf } from "../../world/policies/statements.ts";
import type { LogsResourcePolicy } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { invalid, type LogsOperations, paged } from "./operation.ts";

/** Of an account's region. (CloudWatch Logs quotas) */
const MOST = 10;

/** What lets other services write to the account's log groups. */
export function resourcePolicyOperations(world: World): LogsOperations {
  return {
    PutResourcePolicy: {
      accepts: ["policyName", "policyDocument"],
      handle({ policyName = "", policyDocument = "" }, call) {
        const region = world.region(call.region);
        checkDocument(policyDocument);
        const { resourcePolicies } = region.logs;
        if (!resourcePolicies.get(policyName) && resourcePolicies.size >= MOST) {
          throw new AwsError("LimitExceededException", "Resource limit exceeded.");
        }
        const lastUpdatedTime = world.now().getTime();
        const resourcePolicy = resourcePolicies.put({ policyName, policyDocument, lastUpdatedTime });
        return { resourcePolicy };
      },
    },

    DescribeResourcePolicies: {
      accepts: ["nextToken", "limit"],
      handle(page, { region }) {
        const found = policiesOf(world.region(region));
        const { items, ...rest } = paged(found, page, world.pageSize);
        return { resourcePolicies: items, ...rest };
      },
    },

    DeleteResourcePolicy: {
      accepts: ["policyName"],
      handle({ policyName = "" }, { region }) {
        const { resourcePolicies } = world.region(region).logs;
        if (!resourcePolicies.get(policyName)) {
          throw new AwsError("ResourceNotFoundException", `Policy with name [${policyName}] does not exist.`);
        }
        resourcePolicies.delete(policyName);
        return {};
      },
    },
  };
}

function policiesOf({ logs }: Region): LogsResourcePolicy[] {
  return logs.resourcePolicies.all().sort((one, other) => (one.policyName < other.policyName ? -1 : 1));
}

/** @throws AwsError */
function checkDocument(text: string): void {
  let document: { Statement?: unknown };
  try {
    document = JSON.parse(text) as { Statement?: unknown };
  } catch {
    throw invalid("Invalid policy document: it is not valid JSON.");
  }
  const statements = [document.Statement ?? []].flat() as { Principal?: unknown }[];
  if (statements.length === 0 || statements.some(({ Principal }) => Principal === undefined)) {
    throw invalid("Invalid policy document: each statement needs a principal.");
  }
  for (const statement of statementsOf(text)) {
    const flaw = flawIn(statement);
    if (flaw && "unknownKey" in flaw) throw notKnown(`the condition key ${flaw.unknownKey}`);
    if (flaw) throw invalid(`Invalid policy document: ${flaw.said}`);
  }
}
