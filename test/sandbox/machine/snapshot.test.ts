import { describe, expect, it } from "vitest";
import { Machine } from "../../../src/sandbox/machine/machine.ts";
import { FakeEngine } from "./fake-engine.ts";
import { boot, facts } from "./workbench.ts";

const look = `docker --version; docker ps; swapon --show; id ec2-user; id app; cloud-init status; ls -ln /swapfile /opt /usr/bin/node
  stat -c '%a %U' /opt/bytes; sha256sum /opt/bytes; cat /opt/link; rpm -q docker nodejs22; systemctl is-enabled docker; hostname; ls /srv /etc/shells; df /`;

async function used(): Promise<Machine> {
  const machine = boot();
  await machine.runUserData(`#!/bin/bash
    dnf install -y docker nodejs22
    systemctl enable --now docker
    useradd app; usermod -aG docker ec2-user
    dd if=/dev/zero of=/swapfile bs=128M count=32; chmod 600 /swapfile; mkswap /swapfile; swapon /swapfile
    head -c 300 /etc/os-release | gzip > /opt/bytes; chmod 640 /opt/bytes; ln -s /etc/hostname /opt/link
    hostname worker; rm /etc/shells`);
  return machine;
}

describe("a machine that is restored from its snapshot", () => {
  it("gives the same answers", async () => {
    const machine = await used();
    const saved = JSON.parse(JSON.stringify(machine.snapshot()));
    const restored = Machine.create(facts, saved, new FakeEngine());
    expect(await restored.run(look)).toEqual(await machine.run(look));
  });

  it("is small, although its files are not", async () => {
    expect(JSON.stringify((await used()).snapshot()).length).toBeLessThan(64 * 1024);
  });

  it("says nothing of what the image has anyway", () => {
    const { disk } = boot().snapshot();
    expect(disk).toEqual({ removed: [], nodes: [] });
  });

  it("awaits its user data again when that was cut off", async () => {
    const machine = boot();
    const cancel = new AbortController();
    const running = machine.runUserData("#!/bin/bash\nsleep 3600", { signal: cancel.signal });
    const restored = Machine.create(facts, machine.snapshot());
    expect(machine.cloudInitStatus).toBe("running");
    expect(restored.cloudInitStatus).toBe("not run");
    cancel.abort();
    await running;
    expect(machine.cloudInitStatus).toBe("not run");
  });
});
