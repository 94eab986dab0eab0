import { afterAll, describe, it } from "vitest";
import { disturbed } from "./one-call.ts";
import { chosen, undisturbed } from "./undisturbed.ts";

/** Every changing call of create and of destroy, failed once before it did anything; as in answer-lost.test.ts. */

const normal = await undisturbed();
afterAll(() => normal.discard());

describe("one call fails before it does anything", () => {
  it.each(chosen(normal.cases, 1))("$command, $operation $nth: with a fault that passes", (one) =>
    disturbed(one, { error: { code: "InternalFailure", status: 500 } }, normal),
  );

  it.each(chosen(normal.cases, 2))("$command, $operation $nth: with a refusal", (one) =>
    disturbed(one, { error: { code: "AccessDenied", status: 403 } }, normal),
  );
});
