import { describe, expect, it } from "vitest";
import { machineReadyScript } from "../../src/remote/scripts.ts";
import { userData } from "../../src/stacks/bia/user-data.ts";
import { boot } from "../sandbox/machine/workbench.ts";

const script = `set -euo pipefail\n${machineReadyScript()}`;
const installEverything = userData({ composeVersion: "v2.23.3", swapMiB: 1024 });

describe("the script that waits for a machine", () => {
  it("waits for user data and prints what answers, one per line", async () => {
    const machine = boot();
    const waiting = machine.run(script);
    await machine.runUserData(installEverything);
    const { stdout, stderr, exitCode } = await waiting;
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/^docker=25\.\S+\ncompose=2\.23\.3\ngit=2\.\S+\nnode=22\.\S+\nnpm=10\.\S+\n$/);
  });

  it("fails with the end of the log when user data failed", async () => {
    const machine = boot();
    await machine.runUserData("#!/bin/bash\necho the very reason\nexit 3\n");
    const { stdout, exitCode } = await machine.run(script);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("the very reason");
    expect(stdout).toContain("The user data of this machine failed");
  });

  it("fails naming what does not answer, a docker whose daemon is down included", async () => {
    const machine = boot();
    await machine.runUserData(installEverything);
    await machine.run("systemctl stop docker; dnf remove -y git");
    const { stdout, exitCode } = await machine.run(script);
    expect(exitCode).toBe(1);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("These do not answer on this machine: docker git.");
  });

  it("succeeds on a machine that was set up some other way", async () => {
    const machine = boot();
    await machine.run(installEverything);
    await machine.runUserData("");
    expect((await machine.run(script)).exitCode).toBe(0);
  });
});
