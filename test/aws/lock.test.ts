import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  describeHolder,
  type Holder,
  LockHeld,
  type LockOptions,
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
  const lost: string[] = [];
  const lock = (run: string, options: LockOptions = { lease: 2 }) =>
    new StackLock(ssm, "bia", run, "create", (why) => lost.push(`${run}: ${why}`), options);
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
    const Value = JSON.stringify(holder);
    await ssm.send(new PutParameterCommand({ Name: lockName("bia"), Type: "String", Value, Overwrite: true }));
  };
  return { sandbox, ssm, lock, leaveBehind, lost };
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
    expect(one.held).toBe(false);
    const next = lock("next");
    await next.take();
    expect(next.held).toBe(true);
    await next.release();
  });

  it("is taken over although the answer to that was lost, when nobody else turns up within a lease", async () => {
    const { sandbox, ssm, lock, leaveBehind } = await locks();
    await leaveBehind(10);
    // The first is refused, because the lock is there; the second takes it over.
    sandbox.world.faults.set([{ operation: "ssm:PutParameter", nth: 2, effect: "drop" }]);
    const one = lock("one", { lease: 0.5 });
    await one.take();
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
    expect(one.held).toBe(true);
    expect((await readLock(ssm, lockName("bia")))?.holder.run).toBe("one");
    await one.release();
  });

  it("is not taken over, answer lost or not, by the slower of two who try at once", async () => {
    const { sandbox, ssm, lock, leaveBehind } = await locks();
    await leaveBehind(10);
    const one = lock("one", { lease: 0.5 });
    sandbox.world.faults.set([{ operation: "ssm:PutParameter", nth: 2, effect: "drop" }]);
    const taking = one.take();
    await vi.waitUntil(() => sandbox.world.faults.strikes()[0]?.struck === 1, { timeout: 20_000 });
    const Value = JSON.stringify({
      run: "other",
      owner: "bo@pc",
      pid: 2,
      command: "create",
      since: 0,
      expires: Date.now(),
    });
    await ssm.send(new PutParameterCommand({ Name: lockName("bia"), Type: "String", Value, Overwrite: true }));
    await expect(taking).rejects.toThrow(LockHeld);
  });

  it("is taken once for all who ask", async () => {
    const { sandbox, lock } = await locks();
    sandbox.world.faults.set([{ operation: "ssm:PutParameter", effect: { latency: 0 } }]);
    const one = lock("one");
    await Promise.all([one.take(), one.take(), one.take()]);
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
    await one.release();
  });

  it("is not left behind by a renewal that was under way when it was given back", async () => {
    const { sandbox, ssm, lock } = await locks();
    const one = lock("one", { lease: 0.8 });
    await one.take();
    sandbox.world.faults.set([
      { operation: "ssm:GetParameter", effect: { latency: 0 } },
      { operation: "ssm:PutParameter", effect: { latency: 400 } },
    ]);
    // A renewal has read the lock and is about to write it.
    await sandbox.world.faults.struck(0);
    await one.release();
    await sandbox.world.faults.struck(1);
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
  });

  it("that has expired is taken over by exactly one of those who try", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(5);
    const rivals = ["a", "b", "c", "d"].map((run) => lock(run));
    const results = await Promise.allSettled(rivals.map((rival) => rival.take()));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const rival of rivals) await rival.release();
  });

  it("that has not expired is not taken over", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(-30);
    await expect(lock("one", {}).take()).rejects.toThrow("ana@pc (process 1)");
  });

  it("that lives is not taken by a computer whose clock is two minutes ahead of its holder's", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(120);
    const renewal = setInterval(() => void leaveBehind(120), 500);
    const watched: string[] = [];
    const other = lock("other", { lease: 2, watching: ({ owner }, seconds) => watched.push(`${owner} ${seconds} s`) });
    // Not even for a moment, or its holder would find it lost.
    await expect(other.take()).rejects.toThrow("ana@pc (process 1)");
    clearInterval(renewal);
    expect([other.held, watched]).toEqual([false, ["ana@pc 2 s"]]);
  });

  it("that was left behind by a computer whose clock is an hour ahead is taken over", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(-3600);
    const one = lock("one");
    await one.take();
    expect(one.held).toBe(true);
    await one.release();
  });

  it("is not waited for any longer once the run is interrupted", async () => {
    const { lock, leaveBehind } = await locks();
    await leaveBehind(5);
    const interrupt = new AbortController();
    const taking = lock("one", { signal: interrupt.signal, watching: () => interrupt.abort() }).take();
    await expect(taking).rejects.toThrow("aborted");
  });

  it("that another run has taken is lost, and left to that run", async () => {
    const { ssm, lock, lost, leaveBehind } = await locks();
    const one = lock("one");
    await one.take();
    await removeLock(ssm, lockName("bia"));
    await leaveBehind(-30);
    await vi.waitFor(() => expect(lost).toHaveLength(1), 20_000);
    expect(lost[0]).toContain("one: another run has taken it: ana@pc (process 1)");
    expect(one.held).toBe(false);
    await one.release();
    expect((await readLock(ssm, lockName("bia")))?.holder.run).toBe("dead");
  });

  it("that was removed is lost, and not taken again", async () => {
    const { ssm, lock, lost } = await locks();
    await lock("one").take();
    await removeLock(ssm, lockName("bia"));
    await vi.waitFor(() => expect(lost).toEqual(["one: somebody removed it"]), 20_000);
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
  });

  it("that cannot be renewed for a lease is lost, with the reason", async () => {
    const { sandbox, lock, lost } = await locks();
    const one = lock("one");
    await one.take();
    sandbox.world.faults.set([{ operation: "ssm:GetParameter", effect: { error: { code: "AccessDeniedException" } } }]);
    await vi.waitFor(() => expect(lost).toHaveLength(1), 20_000);
    expect(lost[0]).toMatch(/^one: it could not be renewed for 2 s \(.*AccessDenied/);
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

  it.each([
    ["it was taken", PutParameterCommand],
    ["it was given back", DeleteParameterCommand],
  ])("is not left behind where AWS says of itself that it failed when %s, and had done it", async (_, failing) => {
    const { ssm, lock } = await locks();
    const fault = Object.assign(new Error("InternalServerError"), { $metadata: { httpStatusCode: 500 } });
    const failsOnce = async (command: Parameters<SSMClient["send"]>[0]) => {
      const answer = await ssm.send(command);
      if (command instanceof failing) throw fault;
      return answer;
    };
    const one = new StackLock({ send: failsOnce } as SSMClient, "bia", "one", "create", () => {});
    await one.take().catch(() => {});
    await one.release();
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
    await lock("next").take();
  });

  it("is not left behind by a run that ends while it takes it", async () => {
    const { ssm, lock } = await locks();
    const one = lock("one");
    const taking = one.take();
    await one.release();
    await taking;
    expect([one.held, await readLock(ssm, lockName("bia"))]).toEqual([false, undefined]);
  });

  it("can be removed twice", async () => {
    const { ssm, leaveBehind } = await locks();
    await leaveBehind(0);
    await removeLock(ssm, lockName("bia"));
    await removeLock(ssm, lockName("bia"));
    expect(await readLock(ssm, lockName("bia"))).toBeUndefined();
  });
});

/** A lock that is held, on a clock that the test moves on; `calls` are those of its renewals. */
async function heldLock() {
  const { ssm } = clientsOf(await sandboxForTest({ delays: "none" }));
  const calls: Promise<unknown>[] = [];
  const lost: string[] = [];
  let refusal: Error | undefined;
  const watched = {
    send(command: Parameters<SSMClient["send"]>[0]) {
      const call = refusal ? Promise.reject(refusal) : ssm.send(command);
      calls.push(call);
      return call;
    },
  } as SSMClient;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const lock = new StackLock(watched, "bia", "one", "create", (why) => lost.push(why));
  onTestFinished(() => lock.release());
  await lock.take();
  calls.length = 0;
  return {
    lock,
    calls,
    lost,
    refuse: (error: Error | undefined) => {
      refusal = error;
    },
    /** Lets seconds pass, and what they set off end. */
    async pass(seconds: number) {
      vi.advanceTimersByTime(seconds * 1000);
      for (let seen = -1; seen !== calls.length; await new Promise(setImmediate)) {
        seen = calls.length;
        await Promise.allSettled(calls);
      }
    },
    /** Seconds until it expires. */
    async left() {
      const found = await readLock(ssm, lockName("bia"));
      return ((found?.holder.expires ?? 0) - Date.now()) / 1000;
    },
  };
}

describe("a lock that is held", () => {
  it("is renewed every 15 s, so that it never has less than 45 s left", async () => {
    const { calls, pass, left } = await heldLock();
    for (let renewal = 0; renewal < 8; renewal += 1) {
      calls.length = 0;
      await pass(14.9);
      expect([calls.length, await left()]).toEqual([0, expect.closeTo(45.1)]);
      await pass(0.1);
      expect(await left()).toBe(60);
    }
  });

  it("survives a renewal that fails, and is renewed by the next one", async () => {
    const { lock, lost, refuse, pass, left } = await heldLock();
    refuse(new Error("socket hang up"));
    await pass(15);
    refuse(undefined);
    expect([lock.held, lost, await left()]).toEqual([true, [], 45]);
    await pass(15);
    expect([lock.held, lost, await left()]).toEqual([true, [], 60]);
  });

  it("is lost, with the reason, once its renewals have failed for 60 s, and no sooner", async () => {
    const { lock, lost, refuse, pass } = await heldLock();
    refuse(new Error("socket hang up"));
    await pass(45);
    expect([lock.held, lost]).toEqual([true, []]);
    await pass(15);
    refuse(undefined);
    expect([lock.held, lost]).toEqual([false, ["it could not be renewed for 60 s (socket hang up)"]]);
  });

  it("counts the 60 s from the last renewal that went well", async () => {
    const { lock, lost, refuse, pass } = await heldLock();
    await pass(45);
    refuse(new Error("socket hang up"));
    await pass(45);
    refuse(undefined);
    await pass(15);
    expect([lock.held, lost]).toEqual([true, []]);
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
