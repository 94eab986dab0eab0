import { describe, it } from "vitest";
import { disturbed } from "./one-call.ts";
import { stacksFor, undisturbed } from "./undisturbed.ts";

/** Every changing call of create and of destroy, failed once before it did anything; as in answer-lost.test.ts. */

const normal = await undisturbed();

describe("one call fails before it does anything", { timeout: 300_000 }, () => {
  it.each(stacksFor(normal.cases, 1))("with a fault that passes: $command, $calls", (one) =>
    disturbed(one, { error: { code: "InternalFailure", status: 500 } }, normal),
  );

  it.each(stacksFor(normal.cases, 2))("with a refusal: $command, $calls", (one) =>
    disturbed(one, { error: { code: "AccessDenied", status: 403 } }, normal),
  );
});
