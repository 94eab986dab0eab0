import { expect, it } from "vitest";
import { LogFollower } from "../../src/commands/log-follower.ts";

const line = (id: string, time: number, task = "running") => ({ id, time, task, container: "bia", message: id });

/** A follower that begins at 0, and which tasks it has asked about. */
function following(previous = false) {
  const asked: string[][] = [];
  const follower = new LogFollower(0, previous, async (tasks) => {
    asked.push(tasks);
    return new Set(tasks.filter((task) => task === "stopped"));
  });
  return { follower, asked };
}

const ids = (lines: readonly { id: string }[]) => lines.map(({ id }) => id);

it("begins half a minute before the newest line, and tells none of those in between again, but those that come late", async () => {
  const { follower } = following();
  expect(follower.begin()).toBe(0);
  expect(ids(await follower.fresh([line("a", 10_000), line("b", 50_000)]))).toEqual(["a", "b"]);
  expect(follower.begin()).toBe(20_000);
  expect(ids(await follower.fresh([line("late", 45_000), line("b", 50_000)]))).toEqual(["late"]);
  expect(follower.begin()).toBe(20_000);
  expect(ids(await follower.fresh([line("late", 45_000), line("b", 50_000)]))).toEqual([]);
});

it("asks once about each task, and not about those that come later, whatever became of them", async () => {
  const { follower, asked } = following();
  follower.begin();
  expect(
    ids(await follower.fresh([line("a", 1, "running"), line("b", 2, "stopped"), line("c", 3, "running")])),
  ).toEqual(["a", "c"]);
  await follower.fresh([line("d", 4, "stopped")]);
  follower.begin();
  expect(ids(await follower.fresh([line("e", 5, "new"), line("f", 6, "stopped")]))).toEqual(["e"]);
  expect(asked).toEqual([["running", "stopped"]]);
});

it("tells of stopped tasks alone when those are asked for", async () => {
  const { follower } = following(true);
  follower.begin();
  expect(ids(await follower.fresh([line("a", 1, "running"), line("b", 2, "stopped")]))).toEqual(["b"]);
});
