import { MemoryCarts } from "../carts.ts";
import { AS_SPRING, serve } from "../serve.ts";
import { cartsApi } from "./api.ts";

/*
 * Stands for the shop's carts, retail-store-sample-cart 0.8.0: JSON on 8080, healthy under /actuator/health. Without a profile it keeps
 * carts in memory, as the real one does.
 */

const profile = process.env.SPRING_PROFILES_ACTIVE ?? "";
if (profile === "dynamodb") {
  console.error(
    "bia-infra sandbox: this stand-in keeps carts in memory only; the profile dynamodb is not emulated yet.",
  );
  process.exit(1);
}
const carts = new MemoryCarts();
serve((asked) => cartsApi(carts, asked), { ...AS_SPRING, started: "Started CartApplication, listening on port 8080" });
