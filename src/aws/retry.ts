import { StandardRetryStrategy } from "@smithy/core/retry";

/** Attempts per call, for throttling and passing faults: provisioning is patient. */
const ATTEMPTS = 10;
/** Attempts when nobody listens at the endpoint at all: more of them only delay the message. */
const ATTEMPTS_TO_CONNECT = 3;

const NOT_LISTENING = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/** Of a zone that is full (EC2, "Error codes for the Amazon EC2 API", server error codes). */
const NO_ROOM = /^Insufficient\w*Capacity$/;

type RetryToken = Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>[0];
type RetryError = Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>[1];

/** The SDK's standard strategy with more attempts, and without the retries that cannot help. */
class ProvisioningRetryStrategy extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(token: RetryToken, info: RetryError): Promise<RetryToken> {
    const { name, code } = (info.error ?? {}) as { name?: string; code?: string };
    // The SDK takes every LimitExceededException for throttling; of IAM and ECR it means that a quota is full.
    if (name === "LimitExceededException") throw info.error;
    // EC2 says with HTTP 500 that a zone has no room, and it has none a second later either.
    if (NO_ROOM.test(name ?? "")) throw info.error;
    if (NOT_LISTENING.has(code ?? "") && token.getRetryCount() + 1 >= ATTEMPTS_TO_CONNECT) throw info.error;
    return super.refreshRetryTokenForRetry(token, info);
  }
}

/** Retries below every call: throttling, 5xx, lost connections. */
export function retryStrategy(): StandardRetryStrategy {
  return new ProvisioningRetryStrategy(ATTEMPTS);
}
