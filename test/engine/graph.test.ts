import { describe, expect, it } from "vitest";
import { reduced } from "../../src/engine/graph.ts";
import { TASKS } from "../terminal/recorded.ts";

describe("the graph of a picture", () => {
  it("leaves out an arrow where others say the same", () => {
    const [vpc, group, , profile, instance] = TASKS;
    const tasks = [vpc, group, profile, { ...instance, after: ["vpc", "group", "profile"] }].map(
      (task) => task as never,
    );
    expect(reduced(tasks).at(-1)?.after).toEqual(["group", "profile"]);
  });

  it("leaves out an arrow from what is not drawn", () => {
    const [, group] = TASKS;
    expect(reduced([group as never])).toEqual([{ ...group, after: [] }]);
  });
});
