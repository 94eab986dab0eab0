import type { DynamoDBServiceException } from "@aws-sdk/client-dynamodb";
import { type Carts, MemoryCarts } from "../carts.ts";
import { AS_SPRING, serve } from "../serve.ts";
import { cartsApi } from "./api.ts";
import { DynamoCarts } from "./dynamo-carts.ts";

/*
 * Stands for the shop's carts, retail-store-sample-cart 0.8.0: JSON on 8080, healthy under /actuator/health. Without a profile it keeps
 * carts in memory, with `dynamodb` in the table that CARTS_DYNAMODB_TABLENAME names; where it may not, it ends, as the real one does.
 */

// What the SDK of this stand-in wants of Node is no line of the shop's log.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const { SPRING_PROFILES_ACTIVE, CARTS_DYNAMODB_TABLENAME = "Items", CARTS_DYNAMODB_ENDPOINT } = process.env;

function openCarts(): Promise<Carts> {
  if (SPRING_PROFILES_ACTIVE !== "dynamodb") return Promise.resolve(new MemoryCarts());
  return DynamoCarts.open(CARTS_DYNAMODB_TABLENAME, CARTS_DYNAMODB_ENDPOINT);
}

openCarts().then(
  (carts) =>
    serve((asked) => cartsApi(carts, asked), {
      ...AS_SPRING,
      started: "Started CartApplication, listening on port 8080",
    }),
  (error: Error & Partial<DynamoDBServiceException>) => {
    console.error("APPLICATION FAILED TO START");
    console.error("Description: An error occurred when accessing Amazon DynamoDB:");
    console.error(inWordsOfJava(error));
    console.error(
      "Action: Check that the DynamoDB table has been created and your IAM credentials are configured with the appropriate access.",
    );
    process.exit(1);
  },
);

/** As AWS's SDK for Java tells what a service refused. */
function inWordsOfJava({ name, message, $metadata }: Error & Partial<DynamoDBServiceException>): string {
  if ($metadata?.requestId === undefined) return `${name}: ${message}`;
  const { httpStatusCode, requestId } = $metadata;
  return `${name}: ${message} (Service: DynamoDb, Status Code: ${httpStatusCode}, Request ID: ${requestId})`;
}
