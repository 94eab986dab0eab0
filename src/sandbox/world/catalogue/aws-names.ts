import names from "./aws-names.json" with { type: "json" };

const POLICIES = new Set(names.policies);
const SERVICES = new Set(names.services);
const TYPES = new Set(names.types);

/** Whether AWS has a managed policy of this ARN, whatever the sandbox knows of it. (`npm run names`) */
export function isManagedPolicy(arn: string): boolean {
  return POLICIES.has(arn.replace("arn:aws:iam::aws:policy/", ""));
}

/** Whether a service goes by this name in trust policies, e.g. `ecs-tasks.amazonaws.com`. (`npm run names`) */
export function isServicePrincipal(name: string): boolean {
  const [, service] = /^(.+)\.amazonaws\.com$/.exec(name) ?? [];
  return service !== undefined && SERVICES.has(service);
}

/** Whether EC2 has an instance type of this name, whatever the sandbox knows of it. (`npm run names`) */
export function isInstanceType(name: string): boolean {
  return TYPES.has(name);
}
