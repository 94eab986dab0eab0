import { AwsError } from "../../wire/service.ts";
import type { Repository } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type EcrOperations, invalidParameter, repositoryOf } from "./operation.ts";

/** Rules by which images expire. */
export function lifecyclePolicyOperations(world: World): EcrOperations {
  const put = (region: string, repository: Repository) => world.region(region).ecr.repositories.put(repository);

  return {
    PutLifecyclePolicy: {
      accepts: ["registryId", "repositoryName", "lifecyclePolicyText"],
      handle({ registryId, repositoryName, lifecyclePolicyText = "" }, { region }) {
        const repository = repositoryOf(world, region, repositoryName, registryId);
        checkPolicy(lifecyclePolicyText);
        const { tags } = repository.hidden;
        put(region, { ...repository, hidden: { tags, lifecyclePolicy: lifecyclePolicyText } });
        return { registryId: world.account, repositoryName, lifecyclePolicyText };
      },
    },

    GetLifecyclePolicy: {
      accepts: ["registryId", "repositoryName"],
      handle({ registryId, repositoryName }, { region }) {
        return policyOf(world, repositoryOf(world, region, repositoryName, registryId));
      },
    },

    DeleteLifecyclePolicy: {
      accepts: ["registryId", "repositoryName"],
      handle({ registryId, repositoryName }, { region }) {
        const repository = repositoryOf(world, region, repositoryName, registryId);
        const deleted = policyOf(world, repository);
        put(region, { ...repository, hidden: { tags: repository.hidden.tags } });
        return deleted;
      },
    },
  };
}

function policyOf({ account }: World, { repositoryName, hidden }: Repository) {
  const { lifecyclePolicy, evaluatedAt } = hidden;
  if (lifecyclePolicy === undefined) {
    throw new AwsError(
      "LifecyclePolicyNotFoundException",
      `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
    );
  }
  return {
    registryId: account,
    repositoryName,
    lifecyclePolicyText: lifecyclePolicy,
    // Never: at the epoch (example of the aws CLI).
    lastEvaluatedAt: evaluatedAt ?? new Date(0),
  };
}

type Properties = Readonly<Record<string, unknown>>;

/** @throws AwsError as ECR words what is wrong with a policy (ECR User Guide, "Lifecycle policy properties in Amazon ECR") */
function checkPolicy(text: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalid("Could not map policyString into LifecyclePolicy.");
  }
  if (!isObject(policy)) throw invalid("Could not map policyString into LifecyclePolicy.");
  checkProperties(policy, ["rules"], []);
  if (!Array.isArray(policy.rules) || policy.rules.length === 0)
    throw invalid("array is too short: must have at least 1 elements");
  const priorities = policy.rules.map(checkRule);
  if (new Set(priorities).size < priorities.length) throw invalid("Rule priorities must be unique.");
}

/** @returns its priority */
function checkRule(rule: unknown): number {
  if (!isObject(rule)) throw invalid('instance type does not match any allowed primitive type (allowed: ["object"])');
  checkProperties(rule, ["action", "rulePriority", "selection"], ["description"]);
  const { rulePriority, action, selection } = rule;
  if (!isObject(action) || !isObject(selection)) throw invalid("a rule's action and selection are objects");
  checkProperties(action, ["type"], []);
  checkValue(action.type, ["expire"]);
  checkProperties(
    selection,
    ["countNumber", "countType", "tagStatus"],
    ["countUnit", "tagPatternList", "tagPrefixList"],
  );
  checkValue(selection.tagStatus, ["any", "tagged", "untagged"]);
  checkValue(selection.countType, ["imageCountMoreThan", "sinceImagePushed"]);
  checkCount(selection.countNumber);
  const isByAge = selection.countType === "sinceImagePushed";
  if (isByAge) checkValue(selection.countUnit, ["days"]);
  else if (selection.countUnit !== undefined) throw invalid("countUnit is only for countType sinceImagePushed");
  const hasLists = selection.tagPatternList !== undefined || selection.tagPrefixList !== undefined;
  if ((selection.tagStatus === "tagged") !== hasLists) {
    throw invalid("tagPatternList or tagPrefixList is required for tagStatus tagged, and for no other");
  }
  return checkCount(rulePriority);
}

function checkProperties(instance: Properties, required: readonly string[], optional: readonly string[]): void {
  const missing = required.filter((name) => instance[name] === undefined);
  if (missing.length > 0) throw invalid(`object has missing required properties (${JSON.stringify(missing)})`);
  const odd = Object.keys(instance).filter((name) => !required.includes(name) && !optional.includes(name));
  if (odd.length > 0) {
    throw invalid(`object instance has properties which are not allowed by the schema: (${JSON.stringify(odd)})`);
  }
}

function checkValue(value: unknown, possible: readonly string[]): void {
  if (typeof value === "string" && possible.includes(value)) return;
  throw invalid(
    `instance value (${JSON.stringify(value)}) not found in enum (possible values: ${JSON.stringify(possible)})`,
  );
}

function checkCount(value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw invalid(`numeric instance is lower than the required minimum (minimum: 1, found: ${JSON.stringify(value)})`);
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(problem: string): AwsError {
  return invalidParameter("LifecyclePolicyText", `Lifecycle policy validation failure: ${problem}`);
}
