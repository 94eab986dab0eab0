import { AS_SPRING, serve } from "../serve.ts";
import { backEndsOf } from "./back-ends.ts";
import { page } from "./pages.ts";
import { shop } from "./shop.ts";

/*
 * Stands for the shop's user interface, retail-store-sample-ui 0.7.0: it answers on 8080, is healthy under /actuator/health, shows
 * RETAIL_UI_BANNER, and has goods and carts of its own for every back end that it is not given. One that fails is status 500.
 */

const banner = process.env.RETAIL_UI_BANNER;
const ends = backEndsOf(process.env);
const failed = () => ({
  status: 500,
  type: "text/html; charset=utf-8",
  body: page("Error", "<h1>500</h1>\n<p>An internal error occurred.</p>", banner),
});
serve((asked) => shop(ends, asked, banner), {
  ...AS_SPRING,
  started: "Started UiApplication, listening on port 8080",
  failed,
});
