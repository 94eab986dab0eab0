import { describe, expect, it } from "vitest";
import { boot, stdoutOf } from "./workbench.ts";

describe("user data", () => {
  it("runs as root in / and leaves its output in cloud-init's log", async () => {
    const machine = boot();
    const { exitCode, output } = await machine.runUserData("#!/bin/bash\nwhoami; pwd; echo oops >&2\n");
    expect(exitCode).toBe(0);
    expect(output).toContain("root\n/\noops\n");
    expect(await stdoutOf(machine, "cat /var/log/cloud-init-output.log")).toBe(output.trimEnd());
    expect(machine.cloudInitStatus).toBe("done");
  });

  it("that fails makes cloud-init's status error, and says so in the log", async () => {
    const machine = boot();
    const { exitCode, output } = await machine.runUserData("#!/bin/bash -ex\necho before\nfalse\necho after\n");
    expect(exitCode).toBe(1);
    expect(output).toContain("Failed to run module scripts-user");
    expect(output).not.toContain("after");
    expect(await machine.run("cloud-init status --wait")).toMatchObject({ exitCode: 1, stdout: "\nstatus: error\n" });
    expect(await stdoutOf(machine, "cloud-init status --long")).toContain("Runparts: 1 failures (part-001)");
  });

  it("is awaited by cloud-init status --wait", async () => {
    const machine = boot();
    expect(await stdoutOf(machine, "cloud-init status")).toBe("status: not run");
    const waiting = machine.run("cloud-init status --wait; cat /tmp/made");
    await machine.runUserData("#!/bin/sh\necho made > /tmp/made\n");
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: "\nstatus: done\nmade\n" });
  });

  it("can be waited for no longer than the command may run", async () => {
    const cancel = new AbortController();
    const waiting = boot().run("cloud-init status --wait", { signal: cancel.signal });
    cancel.abort();
    expect((await waiting).exitCode).toBe(143);
  });

  it("that is no script is left alone with a warning; none at all is done at once", async () => {
    const machine = boot();
    const { exitCode, output } = await machine.runUserData("yum install -y httpd");
    expect(exitCode).toBe(0);
    expect(output).toContain("Unhandled non-multipart (text/x-not-multipart) userdata");
    const empty = boot();
    await empty.runUserData("");
    expect(empty.cloudInitStatus).toBe("done");
  });

  it.each(["#cloud-config\npackages: [git]\n", "#!/usr/bin/python3\nprint(1)\n"])(
    "of a sort that the sandbox does not emulate is refused by name: %s",
    async (text) => {
      const machine = boot();
      expect((await machine.runUserData(text)).output).toContain("does not emulate");
      expect(machine.cloudInitStatus).toBe("error");
    },
  );
});
