import { describe, expect, it } from "vitest";
import { boot, stdoutOf } from "./workbench.ts";

describe("users and groups", () => {
  it("has root and ec2-user as the image does, and not ssm-user", async () => {
    const machine = boot();
    expect(await stdoutOf(machine, "id -un; id ec2-user")).toBe(
      "root\nuid=1000(ec2-user) gid=1000(ec2-user) groups=1000(ec2-user),4(adm),10(wheel),190(systemd-journal)",
    );
    const { stderr, exitCode } = await machine.run("usermod -aG wheel ssm-user");
    expect({ stderr, exitCode }).toEqual({ stderr: "usermod: user 'ssm-user' does not exist\n", exitCode: 6 });
  });

  it("creates users with a home and a group of their own", async () => {
    const machine = boot();
    await machine.run("useradd app && usermod -aG wheel app");
    expect(await stdoutOf(machine, "id app; stat -c '%U:%G %a' /home/app; getent passwd app")).toBe(
      "uid=1001(app) gid=1001(app) groups=1001(app),10(wheel)\napp:app 700\napp:x:1001:1001::/home/app:/bin/bash",
    );
    expect((await machine.run("useradd app")).exitCode).toBe(9);
  });

  it("lets only root change accounts", async () => {
    const { exitCode, stderr } = await boot().run("usermod -aG wheel ec2-user", { user: "ec2-user" });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Permission denied");
  });

  it.each([
    ["sudo -iu ec2-user bash -c 'whoami; pwd; echo $HOME'", "ec2-user\n/home/ec2-user\n/home/ec2-user"],
    ["sudo -u ec2-user bash -c 'whoami; pwd'", "ec2-user\n/usr/bin"],
    ["su - ec2-user -c 'whoami; pwd; echo $HOME'", "ec2-user\n/home/ec2-user\n/home/ec2-user"],
    ["cd /tmp; su ec2-user -c 'whoami; pwd; echo $HOME'", "ec2-user\n/tmp\n/home/ec2-user"],
    ["sudo su ec2-user -c 'cd /home/ec2-user; pwd; whoami'", "/home/ec2-user\nec2-user"],
    ["runuser -u ec2-user -- whoami", "ec2-user"],
    ["echo whoami | su - ec2-user", "ec2-user"],
    ["sudo A=1 bash -c 'echo $A $SUDO_USER'", "1 root"],
  ])("becomes another user: %s", async (script, expected) => {
    expect(await stdoutOf(boot(), script)).toBe(expected);
  });

  it("lets ec2-user be root without a password, and nobody else", async () => {
    const machine = boot();
    await machine.run("useradd app");
    expect(await stdoutOf(machine, "sudo whoami", "ec2-user")).toBe("root");
    expect((await machine.run("sudo whoami", { user: "app" })).stderr).toContain("sudo: a password is required");
    expect((await machine.run("su - root -c whoami", { user: "app" })).stderr).toContain("Authentication failure");
  });

  it("says that sudo does not find a command, as sudo does", async () => {
    const { stderr, exitCode } = await boot().run("sudo nosuch");
    expect({ stderr, exitCode }).toEqual({ stderr: "sudo: nosuch: command not found\n", exitCode: 1 });
  });
});

describe("files", () => {
  it("belong to who makes them, and others cannot read or change what their mode forbids", async () => {
    const machine = boot();
    await machine.run("umask 077; echo secret > /tmp/secret; echo open > /etc/open");
    const result = await machine.run(
      "cat /tmp/secret; rm /tmp/secret; echo x >> /etc/open; ls /root; echo mine > ~/note",
      {
        user: "ec2-user",
        env: { HOME: "/home/ec2-user" },
      },
    );
    expect(result.stderr.split("\n")).toEqual([
      "cat: /tmp/secret: Permission denied",
      "rm: cannot remove '/tmp/secret': Operation not permitted",
      "bash: /etc/open: Permission denied",
      "ls: cannot open directory '/root': Permission denied",
      "",
    ]);
    expect(await stdoutOf(machine, "stat -c '%U %G %a' /home/ec2-user/note")).toBe("ec2-user ec2-user 644");
  });

  it("change hands with chown and chgrp", async () => {
    const machine = boot();
    await machine.run("mkdir -p /srv/app/sub && touch /srv/app/sub/file && chown -R ec2-user:wheel /srv/app");
    expect(await stdoutOf(machine, "ls -l /srv/app/sub")).toMatch(/^-rw-r--r--\. 1 ec2-user wheel 0 .* file$/m);
    expect((await machine.run("chown nobodyknows /srv/app")).stderr).toBe("chown: invalid user: 'nobodyknows'\n");
    expect((await machine.run("chown root /srv/app", { user: "ec2-user" })).stderr).toBe(
      "chown: changing ownership of '/srv/app': Operation not permitted\n",
    );
  });

  it("may be larger than memory, but not than the volume", async () => {
    const machine = boot({ volumeGiB: 8 });
    const { stderr, exitCode } = await machine.run("dd if=/dev/zero of=/big bs=128M count=32; stat -c %s /big");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^32\+0 records in\n32\+0 records out\n4294967296 bytes \(4\.3 GB, 4\.0 GiB\) copied/);
    const full = await machine.run("dd if=/dev/zero of=/more bs=128M count=64");
    expect(full.exitCode).toBe(1);
    expect(full.stderr).toContain("dd: error writing '/more': No space left on device");
    expect((await machine.run("dd if=/dev/zero of=/x bs=2G count=1")).stderr).toContain("memory exhausted");
  });
});
