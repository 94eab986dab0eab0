import { describe, expect, it } from "vitest";
import { FakeEngine } from "./fake-engine.ts";
import { bootWithDocker, stdoutOf } from "./workbench.ts";

const LOGIN = "echo secret | docker login --username AWS --password-stdin registry.test";
const BUILD =
  "mkdir -p /srv/app && printf 'FROM node:24\\n' > /srv/app/Dockerfile && docker build -q -t registry.test/bia /srv/app > /dev/null";

describe("docker login", () => {
  it("takes the password from its standard input and keeps it for its user alone", async () => {
    const machine = await bootWithDocker();
    const { stdout, stderr } = await machine.run(LOGIN);
    expect(stdout).toBe("Login Succeeded\n");
    expect(stderr).toContain("Your password will be stored unencrypted in /root/.docker/config.json");
    expect(await stdoutOf(machine, "stat -c '%a %U' /root/.docker /root/.docker/config.json")).toBe(
      "700 root\n600 root",
    );
  });

  it("keeps it in the folder that DOCKER_CONFIG names", async () => {
    const machine = await bootWithDocker();
    await machine.run(`mkdir /tmp/config && export DOCKER_CONFIG=/tmp/config && ${LOGIN}`);
    expect(await stdoutOf(machine, "ls /tmp/config; ls -d /root/.docker 2>&1")).toContain("config.json");
    expect((await machine.run("test -e /root/.docker")).exitCode).toBe(1);
  });

  it("is refused by the registry with a wrong password, and keeps nothing", async () => {
    const machine = await bootWithDocker();
    expect(await machine.run(LOGIN.replace("secret", "wrong"))).toMatchObject({
      stderr:
        "Error response from daemon: login attempt to https://registry.test/v2/ failed with status: 400 Bad Request\n",
      exitCode: 1,
    });
    expect((await machine.run("test -e /root/.docker/config.json")).exitCode).toBe(1);
  });

  it.each([
    ["docker login --password-stdin registry.test < /dev/null", "Must provide --username with --password-stdin"],
    ["docker login -u AWS --password-stdin registry.test < /dev/null", "Cannot perform an interactive login"],
    ["echo x | docker login -u me --password-stdin", "does not emulate docker login to docker.io"],
  ])("%s says why not", async (script, why) => {
    const { stderr, exitCode } = await (await bootWithDocker()).run(script);
    expect(stderr).toContain(why);
    expect(exitCode).not.toBe(0);
  });

  it("is undone by docker logout", async () => {
    const machine = await bootWithDocker();
    await machine.run(LOGIN);
    expect(await stdoutOf(machine, "docker logout registry.test")).toBe("Removing login credentials for registry.test");
    expect(await stdoutOf(machine, "docker logout registry.test")).toBe("Not logged in to registry.test");
  });
});

describe("docker push", () => {
  it("sends an image with what its user has logged in with", async () => {
    const engine = new FakeEngine();
    const machine = await bootWithDocker(engine);
    const { stdout, exitCode } = await machine.run(`${BUILD}; ${LOGIN} 2> /dev/null; docker push registry.test/bia`);
    expect(stdout.split("\n").slice(1)).toEqual([
      "Using default tag: latest",
      "The push refers to repository [registry.test/bia]",
      "latest: digest: sha256:1234 size: 528",
      "",
    ]);
    expect(exitCode).toBe(0);
    const login = { username: "AWS", password: "secret" };
    expect(engine.pushes).toEqual([{ reference: "registry.test/bia:latest", login }]);
  });

  it("of another user finds none, and prints the registry's refusal as it is", async () => {
    const machine = await bootWithDocker();
    await machine.run(`usermod -aG docker ec2-user; ${BUILD}; ${LOGIN}`);
    expect(await machine.run("docker push registry.test/bia:latest", { user: "ec2-user" })).toMatchObject({
      stderr: "no basic auth credentials\n",
      exitCode: 1,
    });
  });

  it("of an image that is not there says so", async () => {
    const machine = await bootWithDocker();
    expect((await machine.run("docker push registry.test/none")).stderr).toBe(
      "An image does not exist locally with the tag: registry.test/none\n",
    );
  });

  it("to a registry beyond the computer is refused by name", async () => {
    const machine = await bootWithDocker();
    expect((await machine.run("docker push me/bia")).stderr).toContain("does not emulate docker push to docker.io");
    expect((await machine.run("docker push ghcr.io/me/bia")).stderr).toContain("docker push to ghcr.io");
  });
});

describe("docker pull", () => {
  it("brings an image of a registry that its user has logged in to", async () => {
    const machine = await bootWithDocker();
    expect((await machine.run("docker pull registry.test/bia")).stderr).toBe(
      "Error response from daemon: no basic auth credentials\n",
    );
    await machine.run(LOGIN);
    expect(await stdoutOf(machine, "docker pull registry.test/bia:v1")).toBe("registry.test/bia:v1");
    expect(await stdoutOf(machine, "docker images --format '{{.Repository}}:{{.Tag}}'")).toBe("registry.test/bia:v1");
  });

  it("is what docker run does with an image that is not there", async () => {
    const machine = await bootWithDocker();
    await machine.run(LOGIN);
    expect((await machine.run("docker run -d registry.test/bia:v2")).exitCode).toBe(0);
  });
});
