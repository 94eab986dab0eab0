import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import {
  describeHolder,
  type Holder,
  LockHeld,
  lockName,
  readLock,
  removeLock,
  StackLock,
} from "../../src/aws/lock.ts";
import { clientsOf } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

async function locks() {
  const sandbox = await sandboxForTest({ delays: "none" });
  const { ssm } = clientsOf(sandbox);
  const lock = (run: string) => new StackLock(ssm, "bia", run, "create", () => {});
  /** A lock as a run left it that expired some seconds ago. */
  const leaveBehind = async (secondsAgo: number) => {
    const expires = Date.now() - secondsAgo * 1000;
    const holder: Holder = {
      run: "dead",
      owner: "ana@pc",
      pid: 1,
      command: "create",
      since: expires - 60_000,
      expires,
    };
    await ssm.send(new PutParameterCommand({ Name: lockName("bia"), Type: "String", Value: JSON.stringify(holder) }));
  };
  return { sandbox, ssm, lock, leaveBehind };
}

describe("the lock of a stack", () => {
  it("is held by one run at a time, and the other is told by whom", async () => {
    const { lock } = await locks();
    const [one, other] = [lock("one"), lock("other")];
    await one.take();
    await expect(other.take()).rejects.toThrow(LockHeld);
    await expect(lock("third").take()).rejects.toThrow(`process ${process.pid}`);
    expect([one.held, other.held]).toEqual([true, false]);
    await one.release();
    const next = lock("next");
    await next.take();
    expect(next.held).toBe(true);
    await next.release();
  });

  it("is taken once for all who ask", async () => {
    const { sandbox, lock } = await locks();
    sandbox.world.faults.set([{ operation: "ssm:PutParameter", effect: { latency: 0 } }]);
    const one = lock("one");
    await Promise.all([one.take(), one.take(), one.take()]);
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
    await one.release();
  });

  it("that has expired is taken over by exactly one of those who try", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(5);
    const rivals = ["a", "b", "c", "d"].map(lock);
    const results = await Promise.allSettled(rivals.map((rival) => rival.take()));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const rival of rivals) await rival.release();
  });

  it("that has not expired is not taken over", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(-30);
    await expect(lock("one").take()).rejects.toThrow("ana@pc (process 1)");
  });

  it("is given back even when its answer was lost while it was taken", async () => {
    const { sandbox, ssm, lock } = await locks();
    sandbox.world.faults.set([{ operation: "ssm:PutParameter", nth: 1, effect: "drop" }]);
    const one = lock("one");
    await one.take();
    expect(one.held).toBe(true);
    await one.release();
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
  });

  it("can be removed twice", async () => {
    const { ssm, leaveBehind } = await locks();
    await leaveBehind(0);
    await removeLock(ssm, lockName("bia"));
    await removeLock(ssm, lockName("bia"));
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
  });
});

describe("its holder in words", () => {
  const holder = { run: "r", owner: "ana@pc", pid: 7, command: "create", since: 0, expires: 60_000 };

  it("says who, what, since when and until when", () => {
    const expected = "ana@pc (process 7) is running create since 20 s; the lock expires in 40 s unless it is renewed";
    expect(describeHolder(holder, 20_000)).toBe(expected);
  });

  it("says that it has expired", () => {
    expect(describeHolder(holder, 90_000)).toContain("the lock expired 30 s ago");
  });
});
