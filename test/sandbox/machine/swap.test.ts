import { describe, expect, it } from "vitest";
import { boot, stdoutOf } from "./workbench.ts";

const makeSwap =
  "dd if=/dev/zero of=/swapfile bs=128M count=32 && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile";

describe("swap", () => {
  it("is made of a file of the course's size without holding it in memory", async () => {
    const machine = boot();
    const before = process.memoryUsage().arrayBuffers;
    expect((await machine.run(makeSwap)).exitCode).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
    expect(await stdoutOf(machine, "swapon --show --noheadings; stat -c %s /swapfile")).toBe(
      "/swapfile file 4G 0B -2\n4294967296",
    );
    expect(await stdoutOf(machine, "free -m | tail -1")).toMatch(/^Swap:\s+4095\s+0\s+4095$/);
    expect(await stdoutOf(machine, "grep -c '^/swapfile ' /proc/swaps")).toBe("1");
  });

  it("is refused where mkswap has not been, where it is in use, and to others than root", async () => {
    const machine = boot();
    await machine.run("dd if=/dev/zero of=/swapfile bs=1M count=64; chmod 600 /swapfile");
    expect(await machine.run("swapon /swapfile")).toMatchObject({
      exitCode: 255,
      stderr: "swapon: /swapfile: read swap header failed\n",
    });
    await machine.run("mkswap /swapfile; swapon /swapfile");
    expect((await machine.run("swapon /swapfile")).stderr).toBe(
      "swapon: /swapfile: swapon failed: Device or resource busy\n",
    );
    expect((await machine.run("mkswap /swapfile")).stderr).toContain("is mounted; will not make swapspace");
    expect((await machine.run("swapon /swapfile", { user: "ec2-user" })).stderr).toContain("Operation not permitted");
  });

  it("warns of a file that others can read", async () => {
    const { stderr } = await boot().run("fallocate -l 1G /swapfile; mkswap /swapfile");
    expect(stderr).toBe("mkswap: /swapfile: insecure permissions 0644, 0600 suggested.\n");
  });

  it("comes back after a reboot only if /etc/fstab names it", async () => {
    const machine = boot();
    await machine.run(`${makeSwap}; reboot`);
    expect(await stdoutOf(machine, "swapon --show")).toBe("");
    await machine.run("echo '/swapfile swap swap defaults 0 0' >> /etc/fstab; reboot");
    expect(await stdoutOf(machine, "swapon --show=NAME --noheadings")).toBe("/swapfile");
    await machine.run("swapoff -a");
    expect(await stdoutOf(machine, "swapon -a; swapon --show=NAME --noheadings")).toBe("/swapfile");
  });
});
