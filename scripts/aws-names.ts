/**
 * Writes names that AWS has, so that the sandbox can tell what it does not emulate from what nobody has: managed policies,
 * services as they stand in trust policies, and instance types. moto has a copy of AWS's policies, botocore a model of each service.
 *
 * usage: npm run names   needs the botocore and the moto that `python3` imports
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

/** Principals that neither a managed policy nor a service's model names (the services' own user guides). */
const OTHER_PRINCIPALS = [
  "cloudwatch-crossaccount",
  "diode",
  "edgelambda",
  "export.rds",
  "monitoring.rds",
  "ops.apigateway",
  "streams.metrics.cloudwatch",
  "vpc-flow-logs",
];

const PROGRAM = `
import json, re, botocore.loaders
from moto.iam.aws_managed_policies import aws_managed_policies_data as text
policies = json.loads(text)
loader = botocore.loaders.Loader()
models = [loader.load_service_model(name, "service-2")["metadata"] for name in loader.list_available_services("service-2")]
services = {model[key] for model in models for key in ("endpointPrefix", "signingName") if key in model}
named = set(re.findall(r"([a-z0-9-]+(?:\\.[a-z0-9-]+)*)\\.amazonaws\\.com", text))
print(json.dumps({
  "policies": [policy.get("Path", "/")[1:] + name for name, policy in policies.items()],
  "types": loader.load_service_model("ec2", "service-2")["shapes"]["InstanceType"]["enum"],
  "services": sorted(named | {name for name in services if re.fullmatch(r"[a-z0-9.-]+", name)}),
}))
`;

const { policies, services, types } = JSON.parse(
  execFileSync("python3", ["-c", PROGRAM], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 }),
) as { policies: string[]; services: string[]; types: string[] };
const names = {
  policies: policies.sort(),
  services: [...new Set([...services, ...OTHER_PRINCIPALS])].sort(),
  types: types.sort(),
};
const target = path.resolve(import.meta.dirname, "../src/sandbox/world/catalogue/aws-names.json");
writeFileSync(target, `${JSON.stringify(names).replaceAll('","', '",\n"')}\n`);
