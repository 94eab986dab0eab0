import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { notEmulated } from "../../wire/service.ts";
import { validationError } from "./operation.ts";

/** ("Quotas for your Application Load Balancers": per rule) */
const MOST_VALUES = 5;
const MOST_WILDCARDS = 5;
const LONGEST_VALUE = 128;

/** Which member of a condition holds the values of which field. */
const CONFIGS = {
  "host-header": "HostHeaderConfig",
  "path-pattern": "PathPatternConfig",
  "http-header": "HttpHeaderConfig",
  "http-request-method": "HttpRequestMethodConfig",
  "query-string": "QueryStringConfig",
  "source-ip": "SourceIpConfig",
} as const;

type Field = keyof typeof CONFIGS;

/** Of these AWS shows the values at both places. */
const PLAIN: readonly string[] = ["host-header", "path-pattern"];

/** The conditions of a rule, as AWS shows them. @throws AwsError if AWS would refuse them */
export function checkedConditions(given: readonly RuleCondition[] | undefined): RuleCondition[] {
  if (!given?.length) throw validationError("A condition must be specified");
  const conditions = given.map(checkedCondition);
  const values = conditions.flatMap(valuesOf);
  if (values.length > MOST_VALUES) throw validationError(`A rule can only have '${MOST_VALUES}' condition values`);
  const wildcards = values.join("").replace(/[^*?]/g, "").length;
  if (wildcards > MOST_WILDCARDS) {
    throw validationError(`A rule can only have '${MOST_WILDCARDS}' condition wildcards`);
  }
  return conditions;
}

function checkedCondition(condition: RuleCondition): RuleCondition {
  const { Field: field = "", Values, RegexValues, ...configs } = condition;
  if (!Object.hasOwn(CONFIGS, field))
    throw validationError(`Condition field '${field}' must be one of '[${Object.keys(CONFIGS).join(", ")}]'`);
  const name = CONFIGS[field as Field];
  const [other] = Object.entries(configs).flatMap(([key, value]) => (value === undefined || key === name ? [] : key));
  if (other) throw validationError(`A ${field} condition cannot have ${other}`);
  const config = configs[name];
  if (RegexValues?.length || (config && "RegexValues" in config && config.RegexValues?.length)) {
    throw notEmulated("regular expressions in conditions");
  }
  if (Values?.length && config) throw validationError("You cannot specify both Values and a config of a condition");
  if (Values?.length && !PLAIN.includes(field)) throw validationError(`A ${field} condition must have ${name}`);
  const checked: RuleCondition = { Field: field, Values: [], [name]: config ?? { Values } };
  const values = valuesOf(checked);
  if (values.length === 0) throw validationError("A condition value must be specified");
  if (field === "http-header" && !configs.HttpHeaderConfig?.HttpHeaderName) {
    throw validationError("A header name must be specified");
  }
  for (const value of values) checkValue(field as Field, value);
  return PLAIN.includes(field) ? { ...checked, Values: values } : checked;
}

function valuesOf(condition: RuleCondition): string[] {
  const config = condition[CONFIGS[condition.Field as Field]];
  return (config?.Values ?? []).map((value) => (typeof value === "string" ? value : (value.Value ?? "")));
}

function checkValue(field: Field, value: string): void {
  const refuse = (why: string) => validationError(`Condition value '${value}' ${why}`);
  if (value.length > LONGEST_VALUE) throw refuse(`cannot be longer than '${LONGEST_VALUE}' characters`);
  if (field === "source-ip" && !/^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$|^[0-9a-f:]+\/\d{1,3}$/i.test(value)) {
    throw refuse("must be a valid CIDR block");
  }
  if (field === "http-request-method" && !/^[A-Z_-]{1,40}$/.test(value)) throw refuse("must be a valid HTTP method");
  if (field === "path-pattern" && !/^[A-Za-z0-9_.$/~"'@:+&*?-]+$/.test(value)) {
    throw refuse("contains a character that is not valid");
  }
}
