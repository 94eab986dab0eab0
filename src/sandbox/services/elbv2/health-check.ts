import type { Matcher } from "@aws-sdk/client-elastic-load-balancing-v2";
import { notEmulated } from "../../wire/service.ts";
import type { TargetGroup } from "../../world/records.ts";
import { validationError } from "./operation.ts";

/** The health check of a target group, as it is given. */
export interface HealthCheckInput {
  readonly HealthCheckProtocol?: TargetGroup["HealthCheckProtocol"];
  readonly HealthCheckPort?: string | undefined;
  readonly HealthCheckEnabled?: boolean | undefined;
  readonly HealthCheckPath?: string | undefined;
  readonly HealthCheckIntervalSeconds?: number | undefined;
  readonly HealthCheckTimeoutSeconds?: number | undefined;
  readonly HealthyThresholdCount?: number | undefined;
  readonly UnhealthyThresholdCount?: number | undefined;
  readonly Matcher?: Matcher | undefined;
}

/** Members of a request that say how targets are checked. */
export const HEALTH_CHECK = [
  "HealthCheckProtocol",
  "HealthCheckPort",
  "HealthCheckEnabled",
  "HealthCheckPath",
  "HealthCheckIntervalSeconds",
  "HealthCheckTimeoutSeconds",
  "HealthyThresholdCount",
  "UnhealthyThresholdCount",
  "Matcher",
] as const;

type HealthCheck = Pick<TargetGroup, (typeof HEALTH_CHECK)[number]>;

/** What holds where nothing is said ("Health checks for Application Load Balancer target groups"). */
export const USUAL: HealthCheck = {
  HealthCheckProtocol: "HTTP",
  HealthCheckPort: "traffic-port",
  HealthCheckEnabled: true,
  HealthCheckPath: "/",
  HealthCheckIntervalSeconds: 30,
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 5,
  UnhealthyThresholdCount: 2,
  Matcher: { HttpCode: "200" },
};

/** A health check with what is given changed. @throws AwsError if AWS would refuse it */
export function checkedHealthCheck(present: HealthCheck, input: HealthCheckInput): HealthCheck {
  const given = HEALTH_CHECK.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]);
  const check: HealthCheck = { ...present, ...Object.fromEntries(given) };
  if (!check.HealthCheckEnabled)
    throw validationError("Health check enabled must be true for target groups with target type 'instance' or 'ip'");
  if (check.HealthCheckProtocol !== "HTTP" && check.HealthCheckProtocol !== "HTTPS") {
    throw validationError(`Health check protocol '${check.HealthCheckProtocol}' must be HTTP or HTTPS`);
  }
  checkPort(check.HealthCheckPort ?? "");
  if (!/^\/\S{0,1023}$/.test(check.HealthCheckPath ?? "")) {
    throw validationError(
      `Health check path '${check.HealthCheckPath}' must begin with a '/' character and can be at most 1024 characters in length`,
    );
  }
  checkMatcher(check.Matcher);
  const { HealthCheckIntervalSeconds: interval, HealthCheckTimeoutSeconds: timeout } = check;
  if (timeout >= interval) throw validationError("Health check interval must be greater than the timeout.");
  return check;
}

function checkPort(port: string): void {
  if (port === "traffic-port" || (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) return;
  throw validationError(`Health check port '${port}' must be 'traffic-port' or between 1 and 65535`);
}

/** `200`, `200,202`, `200-299` (Matcher, HttpCode). */
function checkMatcher({ HttpCode = "", GrpcCode }: Matcher = {}): void {
  if (GrpcCode !== undefined) throw notEmulated("the parameter Matcher.GrpcCode");
  const codes = HttpCode.split(/[,-]/).map(Number);
  const isList = /^\d{3}([,-]\d{3})*$/.test(HttpCode);
  if (!isList || codes.some((code) => code < 200 || code > 499)) {
    throw validationError(`Health check matcher HTTP code '${HttpCode}' must be within '200-499' inclusive`);
  }
}
