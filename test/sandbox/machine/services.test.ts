import { describe, expect, it } from "vitest";
import { boot, bootWithDocker, stdoutOf } from "./workbench.ts";

describe("services", () => {
  it("are started, enabled, asked and stopped with systemctl", async () => {
    const machine = boot();
    const { stderr } = await machine.run("dnf install -y docker; systemctl enable docker");
    expect(stderr).toBe(
      "Created symlink /etc/systemd/system/multi-user.target.wants/docker.service → /usr/lib/systemd/system/docker.service.\n",
    );
    expect(await machine.run("systemctl is-active docker")).toMatchObject({ stdout: "inactive\n", exitCode: 3 });
    expect(await machine.run("systemctl is-enabled docker")).toMatchObject({ stdout: "enabled\n", exitCode: 0 });
    await machine.run("systemctl start docker");
    expect(await machine.run("systemctl is-active docker")).toMatchObject({ stdout: "active\n", exitCode: 0 });
    expect(await stdoutOf(machine, "systemctl status docker")).toContain("Active: active (running) since");
    await machine.run("systemctl disable --now docker");
    expect(await machine.run("systemctl status docker")).toMatchObject({ exitCode: 3 });
  });

  it.each([
    ["systemctl start nosuch", 5, "Failed to start nosuch.service: Unit nosuch.service not found.\n"],
    ["systemctl status nosuch", 4, "Unit nosuch.service could not be found.\n"],
    ["systemctl enable nosuch", 1, "Failed to enable unit: Unit file nosuch.service does not exist.\n"],
  ])("an unknown one: %s", async (script, exitCode, stderr) => {
    expect(await boot().run(script)).toMatchObject({ exitCode, stderr });
  });

  it("come back after a reboot only if they are enabled", async () => {
    const machine = await bootWithDocker();
    await machine.run("dnf install -y -q git; reboot");
    expect(await stdoutOf(machine, "systemctl is-active docker amazon-ssm-agent")).toBe("active\nactive");
    await machine.run("systemctl disable docker; reboot");
    expect(await stdoutOf(machine, "systemctl is-active docker")).toBe("inactive");
  });
});

describe("docker", () => {
  it("answers root and members of its group, once its daemon runs", async () => {
    const machine = boot();
    await machine.run("dnf install -y docker");
    expect(await machine.run("docker ps")).toMatchObject({
      exitCode: 1,
      stderr: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
    });
    await machine.run("systemctl start docker");
    expect(await stdoutOf(machine, "docker ps")).toBe(
      "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES",
    );
    const refused = await machine.run("docker ps", { user: "ec2-user" });
    expect(refused.stderr).toMatch(/^permission denied while trying to connect to the Docker daemon socket/);
    await machine.run("usermod -aG docker ec2-user");
    expect((await machine.run("docker ps", { user: "ec2-user" })).exitCode).toBe(0);
  });

  it("has compose only where the plugin is a file that can be executed, and knows its version", async () => {
    const machine = await bootWithDocker();
    const plugin = "/usr/local/lib/docker/cli-plugins/docker-compose";
    const url = "https://github.com/docker/compose/releases/download/v2.23.3/docker-compose-linux-x86_64";
    const absent = { exitCode: 1, stderr: "docker: 'compose' is not a docker command.\nSee 'docker --help'\n" };
    expect(await machine.run("docker compose version")).toMatchObject(absent);
    await machine.run(`mkdir -p /usr/local/lib/docker/cli-plugins && curl -fsSL ${url} -o ${plugin}`);
    expect(await machine.run("docker compose version")).toMatchObject(absent);
    await machine.run(`chmod +x ${plugin}`);
    expect(await stdoutOf(machine, "docker compose version; docker compose version --short")).toBe(
      "Docker Compose version v2.23.3\n2.23.3",
    );
  });

  it("does not take the page of a failed download for a plugin", async () => {
    const machine = await bootWithDocker();
    const folder = "/usr/local/lib/docker/cli-plugins";
    const url = "https://github.com/docker/compose/releases/download/v2.23.3/docker-compose-windows-x86_64";
    await machine.run(`mkdir -p ${folder}; curl -sL ${url} -o ${folder}/docker-compose; chmod +x ${folder}/*`);
    expect((await machine.run("docker compose version")).exitCode).toBe(1);
    expect(await machine.run(`curl -fsSL ${url}`)).toMatchObject({
      exitCode: 22,
      stderr: "curl: (22) The requested URL returned error: 404\n",
    });
  });

  it("names what it does not emulate", async () => {
    const machine = await bootWithDocker();
    const { stderr, exitCode } = await machine.run("docker swarm init");
    expect(exitCode).toBe(125);
    expect(stderr).toContain("does not emulate docker swarm");
    expect((await machine.run("docker nosuch")).stderr).toContain("'nosuch' is not a docker command");
  });
});
