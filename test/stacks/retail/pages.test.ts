import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { perHourOf } from "../../../src/engine/cost.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";

const { variables } = await load(undefined, "/", "retail");

/** The stages as the defaults make them. */
function stages(target: "sandbox" | "aws") {
  return stackOf(variables, { region: "us-east-1", target }).stages;
}

describe.each(["docs/retail.md", "docs/pt/retail.md"])("%s", (page) => {
  const text = () => readFile(path.join(import.meta.dirname, "../../..", page), "utf8");

  it("tells of as many things as a plan on the sandbox lists", async () => {
    const { length } = stages("sandbox").flatMap(({ tasks }) => tasks);
    expect(await text()).toMatch(new RegExp(`bia-infra plan --stack retail +# ${length} `));
  });

  it("tells what an hour costs on AWS, in cents", async () => {
    const cents = Math.round(100 * (perHourOf(stages("aws").flatMap(({ costs }) => costs)) ?? 0));
    expect(await text()).toMatch(new RegExp(`bia-infra cost --stack retail +# \\D*${cents} `));
  });
});
