import { type Carts, MemoryCarts } from "../carts.ts";
import { AS_SPRING, serve } from "../serve.ts";
import { cartsApi } from "./api.ts";
import { DynamoCarts } from "./dynamo-carts.ts";

/*
 * Stands for the shop's carts, retail-store-sample-cart 0.8.0: JSON on 8080, healthy under /actuator/health. Without a profile it keeps
 * carts in memory, with `dynamodb` in the table that CARTS_DYNAMODB_TABLENAME names; where it may not, it ends, as the real one does.
 */

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
  ({ name, message }: Error) => {
    console.error("APPLICATION FAILED TO START");
    console.error("Description: An error occurred when accessing Amazon DynamoDB:");
    console.error(`${name}: ${message}`);
    console.error(
      "Action: Check that the DynamoDB table has been created and your IAM credentials are configured with the appropriate access.",
    );
    process.exit(1);
  },
);
