import { describe, expect, it } from "vitest";
import { userData } from "../../../src/stacks/bia/user-data.ts";
import { load } from "../../../src/variables/index.ts";
import { boot, stdoutOf } from "../../sandbox/machine/workbench.ts";
import { ofBia } from "../../support/of-bia.ts";

const setup = { composeVersion: "v2.23.3", swapMiB: 4096 };

const look = `docker version --format '{{.Server.Version}}'; docker compose version --short; git --version; node -v; npm -v
  swapon --show; grep swapfile /etc/fstab; systemctl is-enabled docker; id -nG ec2-user; ls /tmp`;

describe("the work machine's user data", () => {
  it("sets up docker, compose, git, node, npm and swap for ec2-user", async () => {
    const machine = boot();
    const { exitCode } = await machine.runUserData(userData(setup));
    expect(exitCode).toBe(0);
    expect(await stdoutOf(machine, "docker compose version; node -v; npm -v; git --version", "ec2-user")).toMatch(
      /^Docker Compose version v2\.23\.3\nv22\..*\n10\..*\ngit version 2\./,
    );
    expect(await stdoutOf(machine, "docker ps -q && swapon --show --noheadings", "ec2-user")).toBe(
      "/swapfile file 4G 0B -2",
    );
    expect(await stdoutOf(machine, "systemctl is-enabled docker; grep swap /etc/fstab")).toBe(
      "enabled\n/swapfile swap swap defaults 0 0",
    );
  });

  it("trap 12: installs a release of compose that builds with the buildx of Amazon Linux, as not every one does", async () => {
    const built = async (composeVersion: string) => {
      const machine = boot();
      await machine.runUserData(userData({ ...setup, composeVersion }));
      await machine.run(
        "mkdir /srv/bia; cd /srv/bia; echo FROM node > Dockerfile; echo '{services: {web: {build: .}}}' > compose.yml",
      );
      return machine.run("docker compose build", { cwd: "/srv/bia" });
    };
    const { devMachine } = ofBia((await load(undefined, import.meta.dirname)).variables);
    expect(await built(devMachine.composeVersion)).toMatchObject({ exitCode: 0 });
    expect(await built("v2.40.2")).toMatchObject({
      exitCode: 1,
      stderr: "compose build requires buildx 0.17.0 or later\n",
    });
  });

  it("changes nothing when it runs again", async () => {
    const machine = boot();
    await machine.runUserData(userData(setup));
    const before = await machine.run(look);
    expect((await machine.runUserData(userData(setup))).exitCode).toBe(0);
    expect(await machine.run(look)).toEqual(before);
  });

  it("makes a swap file anew that an interrupted run left half written", async () => {
    const machine = boot();
    await machine.run("dd if=/dev/zero of=/swapfile bs=128M count=3");
    await machine.runUserData(userData(setup));
    expect(await stdoutOf(machine, "swapon --show --noheadings")).toBe("/swapfile file 4G 0B -2");
  });

  it("takes sizes, versions and the user from its values", async () => {
    const machine = boot({ instanceType: "t4g.micro" });
    await machine.run("useradd dev");
    await machine.runUserData(userData({ composeVersion: "v2.30.1", nodeMajor: 20, swapMiB: 512, user: "dev" }));
    const script = "docker compose version --short; node -v; swapon --show=SIZE --noheadings; id -nG dev";
    expect(await stdoutOf(machine, script)).toMatch(/^2\.30\.1\nv20\..*\n512M\ndev docker$/);
  });

  it("makes no swap where none is wanted", async () => {
    const machine = boot();
    await machine.runUserData(userData({ ...setup, swapMiB: 0 }));
    expect(await stdoutOf(machine, "swapon --show; grep -c swap /etc/fstab")).toBe("0");
  });

  it("fails, and stops there, when a package does not exist", async () => {
    const machine = boot();
    const { exitCode, output } = await machine.runUserData(userData({ ...setup, nodeMajor: 13 }));
    expect(exitCode).toBe(1);
    expect(output).toContain("Unable to find a match: nodejs13 nodejs13-npm");
    expect(output).not.toContain("+ usermod");
  });

  it("fits into what RunInstances takes", () => {
    expect(Buffer.byteLength(userData({ ...setup, swapMiB: 64 * 1024 }))).toBeLessThan(16 * 1024);
  });

  it.each([
    [{ ...setup, composeVersion: "v2.23.3; reboot" }, "composeVersion"],
    [{ ...setup, user: "$(reboot)" }, "user"],
    [{ ...setup, swapMiB: 100 }, "swapMiB"],
    [{ ...setup, nodeMajor: 22.5 }, "nodeMajor"],
  ])("refuses a value that cannot stand in a script: %j", (values, name) => {
    expect(() => userData(values)).toThrow(new RegExp(`^${name} is .*, it must be `));
  });
});
