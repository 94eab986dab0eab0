import { describe, it } from "vitest";
import { killedAfter } from "./killed.ts";
import { stacksFor, undisturbed } from "./undisturbed.ts";

/** The process of the command line, killed right after every changing call of create and of destroy. */

const normal = await undisturbed();

describe("the process is killed right after one call", { timeout: 300_000 }, () => {
  it.each(stacksFor(normal.cases, 3))("$command, $calls", (one) => killedAfter(one, normal));
});
