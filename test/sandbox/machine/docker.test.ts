import { describe, expect, it } from "vitest";
import { FakeEngine } from "./fake-engine.ts";
import { boot, bootWithDocker, stdoutOf } from "./workbench.ts";

/** A machine with a folder /srv/app that an image was built of. */
async function bootWithImage(engine = new FakeEngine()) {
  const machine = await bootWithDocker(engine);
  const { stderr, exitCode } = await machine.run(
    `mkdir -p /srv/app/lib && cd /srv/app && printf 'FROM node:24\\n' > Dockerfile && echo main > lib/main.js && ln -s lib/main.js index.js
     docker build -t app --build-arg VERSAO=2 .`,
  );
  expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
  return { machine, engine };
}

describe("docker build", () => {
  it("hands the folder's files, links and arguments to the engine", async () => {
    const { engine } = await bootWithImage();
    expect(engine.builds).toMatchObject([
      {
        files: { Dockerfile: "FROM node:24\n", "lib/main.js": "main\n" },
        links: { "index.js": "lib/main.js" },
        dockerfile: undefined,
        buildArgs: { VERSAO: "2" },
      },
    ]);
  });

  it("finds a Dockerfile of another name, relative to where one is", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run("cd /srv; cp app/Dockerfile app/lib/Dev; docker build -q -f app/lib/Dev app");
    expect(engine.builds.at(-1)?.dockerfile).toBe("lib/Dev");
  });

  it("takes the value of an argument without one from the environment", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run("cd /srv/app; export TOKEN=abc; docker build --build-arg TOKEN --build-arg OTHER .");
    expect(engine.builds.at(-1)?.buildArgs).toEqual({ TOKEN: "abc" });
  });

  it("shows progress while it runs, on stderr", async () => {
    const { machine, engine } = await bootWithImage();
    const seen: string[] = [];
    engine.onBuild = () => seen.push("building");
    await machine.run("cd /srv/app\ndocker build .", { onOutput: (stream, text) => seen.push(`${stream}: ${text}`) });
    expect(seen[0]).toBe("stderr: #1 [internal] load build definition from Dockerfile\n");
    expect(seen[1]).toBe("building");
  });

  it("shows it after a cd in the same line, too", async () => {
    const { machine, engine } = await bootWithImage();
    const seen: string[] = [];
    engine.onBuild = () => seen.push("building");
    await machine.run("cd /srv/app && sudo docker build . 2>&1 && echo done", {
      onOutput: (stream, text) => seen.push(`${stream}: ${text}`),
    });
    expect(seen).toEqual([
      "stdout: #1 [internal] load build definition from Dockerfile\n",
      "building",
      "stdout: done\n",
    ]);
  });

  it("fails with what the engine says", async () => {
    const { machine, engine } = await bootWithImage();
    engine.onBuild = () => {
      throw Object.assign(new Error("dockerfile parse error on line 1"), { name: "ImageError" });
    };
    expect(await machine.run("cd /srv/app; docker build .")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\nERROR: failed to solve: dockerfile parse error on line 1\n$/),
    });
  });

  it.each([
    ["docker build", `"docker build" requires exactly 1 argument.\nSee 'docker build --help'.\n`, 1],
    ["docker build /nowhere", `ERROR: unable to prepare context: path "/nowhere" not found\n`, 1],
    ["docker build --squash .", /does not emulate the option --squash of docker build/, 125],
    ["docker build https://example.com/x.git", /does not emulate docker build of anything but a folder/, 125],
  ])("refuses %s", async (command, words, exitCode) => {
    const { stderr, exitCode: code } = await (await bootWithDocker()).run(command);
    expect(stderr).toMatch(words);
    expect(code).toBe(exitCode);
  });
});

describe("docker's images", () => {
  it("are listed, tagged, inspected and removed", async () => {
    const { machine } = await bootWithImage();
    const script = `docker tag app registry.example/app:v2
      docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}'
      docker image inspect app --format '{{json .RepoTags}} {{.Config.WorkingDir}}'
      docker images -q | sort -u | wc -l; docker rmi -f app > /dev/null; docker images -q | wc -l`;
    expect(await stdoutOf(machine, script)).toBe(
      'app:latest 214MB\nregistry.example/app:v2 214MB\n["app:latest","registry.example/app:v2"] /usr/src/app\n1\n0',
    );
  });

  it("stay while a container needs them", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    const { stderr, exitCode } = await machine.run("docker rmi app");
    expect(stderr).toMatch(
      /^Error response from daemon: conflict: unable to remove repository reference "app" \(must force\)/,
    );
    expect(exitCode).toBe(1);
  });
});

describe("docker run", () => {
  it("starts a container as the options say", async () => {
    const { machine, engine } = await bootWithImage();
    const id = await stdoutOf(
      machine,
      `printf '# comment\\nA=1\\nHOME\\n' > /tmp/env; export HOME=/root
       docker run -d --name web -p 3001:8080 -e B='two words' -e A=2 --env-file /tmp/env -v db:/data --restart on-failure:3 -m 512m app node other.js --flag`,
    );
    expect(engine.containers.find(id)?.spec).toEqual({
      image: "app",
      name: "web",
      command: ["node", "other.js", "--flag"],
      env: { A: "2", B: "two words", HOME: "/root" },
      ports: [{ containerPort: 8080, hostPort: 3001 }],
      volumes: [{ name: "db", target: "/data" }],
      restart: { name: "on-failure", maximumRetryCount: 3 },
      memory: 512 * 1024 ** 2,
      labels: {},
      autoRemove: false,
    });
  });

  it("in the foreground shows the output as it comes and ends with the container's exit code", async () => {
    const { machine, engine } = await bootWithImage();
    const seen: string[] = [];
    const running = machine.run("docker run --rm --name job app", {
      onOutput: (stream, text) => seen.push(`${stream} ${text}`),
    });
    await engine.containers.until("job", () => true);
    await expect.poll(() => engine.containers.find("job")?.state.status).toBe("running");
    engine.write("job", "hello");
    engine.write("job", "oops", "stderr");
    await expect.poll(() => seen).toEqual(["stdout hello\n", "stderr oops\n"]);
    engine.become("job", { status: "exited", exitCode: 7 });
    expect((await running).exitCode).toBe(7);
    expect(engine.containers.find("job")).toBeUndefined();
  });

  it("stops its container when it is cancelled", async () => {
    const { machine, engine } = await bootWithImage();
    const cancel = new AbortController();
    const running = machine.run("docker run --name job app", { signal: cancel.signal });
    await expect.poll(() => engine.containers.find("job")?.state.status).toBe("running");
    cancel.abort();
    expect((await running).exitCode).toBe(143);
    await expect.poll(() => engine.containers.find("job")?.state.status).toBe("exited");
  });

  it.each([
    [
      "docker run -d nosuch",
      /^Unable to find image 'nosuch:latest' locally\ndocker: Error response from daemon: pull access denied for nosuch/,
      125,
    ],
    [
      "docker run -d -p 3001:8080 app",
      /^docker: Error response from daemon: Bind for 0.0.0.0:3001 failed: port is already allocated.\nSee 'docker run --help'.\n$/,
      125,
    ],
    [
      "docker run -d --name web app",
      /^docker: Error response from daemon: Conflict. The container name "\/web" is already in use/,
      125,
    ],
    [
      "docker run -d -v /var/run/docker.sock:/var/run/docker.sock app",
      /does not emulate the docker socket inside of containers/,
      125,
    ],
    ["docker run -d -v :/data app", /invalid spec: :\/data: empty section between colons/, 125],
    ["docker run -d --pid=host app", /does not emulate the option --pid of docker run/, 125],
    ["docker run -d -p 3001:8080/udp app", /does not emulate published ports that are not tcp/, 125],
    ["docker run -d --restart sometimes app", /invalid restart policy: unknown policy 'sometimes'/, 125],
    ["docker run -d -m lots app", /^invalid argument "lots" for "-m, --memory" flag/, 125],
    ["docker run -d --env-file /nowhere app", /^docker: open \/nowhere: no such file or directory/, 125],
  ])("refuses %s", async (command, words, code) => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web -p 3001:8080 app");
    const { stderr, exitCode } = await machine.run(command);
    expect(stderr).toMatch(words);
    expect(exitCode).toBe(code);
  });
});

describe("docker system prune", () => {
  it("removes what nobody uses once one agrees, but no volume with a name", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run(
      "docker network create used; docker network create idle; docker volume create data; docker run -d --name web --network used app; docker create --name old app",
    );
    const old = engine.containers.find("old")?.id;
    const refused = await machine.run("docker system prune", { stdin: "n\n" });
    expect(refused.stdout).toMatch(
      /^WARNING! This will remove all stopped containers.*\n.*\[y\/N\] Total reclaimed space: 0B\n$/,
    );
    const { stdout } = await machine.run("docker system prune -af --volumes");
    expect(stdout).toBe(`Deleted Containers:\n${old}\n\nDeleted Networks:\nidle\n\nTotal reclaimed space: 0B\n`);
    expect(await stdoutOf(machine, "docker ps -a --format '{{.Names}}'; docker volume ls -q")).toBe("web\ndata");
    await machine.run("docker rm -f web; docker volume prune -af; docker network prune -f");
    expect(await stdoutOf(machine, "docker image prune -af | tail -1; docker images -q; docker volume ls -q")).toBe(
      "Total reclaimed space: 214MB",
    );
  });
});

describe("docker's containers", () => {
  it("are listed as docker lists them", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run(
      "docker run -d --name web -p 3001:8080 -l tier=front app; docker create --name idle app node a-long-command.js",
    );
    const [headings = "", ...rows] = (await stdoutOf(machine, "docker ps -a")).split("\n");
    expect(headings).toMatch(/^CONTAINER ID {3}IMAGE {5}COMMAND {18}CREATED +STATUS +PORTS +NAMES$/);
    expect(rows[0]).toMatch(/^[0-9a-f]{12} {3}app {7}"node a-long-command…" {3}.+ ago {3}Created +idle$/);
    expect(rows[1]).toMatch(/"node server.js" +.+ ago {3}Up .+0\.0\.0\.0:3001->8080\/tcp, :::3001->8080\/tcp {3}web$/);
    engine.become("web", { status: "exited", exitCode: 137, oomKilled: true });
    const script = `docker ps -q; docker ps -a --filter name=web --format '{{.Names}} {{.Status}} {{.Label "tier"}}'
      docker ps -a --filter status=created --format json | jq -r .Names; docker inspect web -f '{{.State.OOMKilled}} {{.State.ExitCode}}'`;
    await machine.run("dnf install -y -q jq");
    expect(await stdoutOf(machine, script)).toMatch(/^web Exited \(137\) .+ ago front\nidle\ntrue 137$/);
  });

  it("print a table of the fields that one asks for", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    expect(await stdoutOf(machine, "docker ps --format 'table {{.Names}}\\t{{.Image}}\\t{{.CreatedAt}}'")).toMatch(
      /^NAMES {5}IMAGE {5}CREATED AT\nweb {7}app {7}\d{4}-/,
    );
  });

  it("are stopped, started, killed and removed, and say which of them are not there", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    const status = "docker ps -a --format '{{.State}}'";
    expect(await stdoutOf(machine, `docker stop -t 1 web; ${status}; docker start web; ${status}`)).toBe(
      "web\nexited\nweb\nrunning",
    );
    expect((await machine.run("docker rm web")).stderr).toContain("You cannot remove a running container");
    expect(await machine.run("docker kill -s KILL web nosuch")).toEqual({
      stdout: "web\n",
      stderr: "Error response from daemon: No such container: nosuch\n",
      exitCode: 1,
    });
    expect(await stdoutOf(machine, `docker rm web; ${status}`)).toBe("web");
  });

  it("show what they wrote, and go on until one is tired of it", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    engine.write("web", "one");
    engine.write("web", "two", "stderr");
    expect(await machine.run("docker logs web")).toEqual({ stdout: "one\n", stderr: "two\n", exitCode: 0 });
    expect(await machine.run("docker logs --tail 1 web 2>&1")).toMatchObject({ stdout: "two\n" });
    const cancel = new AbortController();
    const seen: string[] = [];
    const following = machine.run("docker logs -f --tail 0 web", {
      signal: cancel.signal,
      onOutput: (_stream, text) => seen.push(text),
    });
    const write = setInterval(() => engine.write("web", "more"), 5);
    await expect.poll(() => seen[0]).toBe("more\n");
    clearInterval(write);
    cancel.abort();
    expect((await following).exitCode).toBe(143);
  });

  it("run commands, whose output and exit code come back", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    engine.onExec = ({ onOutput }) => {
      onOutput?.("out\n", "stdout");
      onOutput?.("err\n", "stderr");
      return 3;
    };
    const result = await machine.run("docker exec -it -e A=1 -w /tmp web bash -c 'npx sequelize db:migrate'");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 3 });
    expect(engine.execs[0]).toMatchObject({
      argv: ["bash", "-c", "npx sequelize db:migrate"],
      env: { A: "1" },
      workingDir: "/tmp",
    });
  });

  it("say as a shell does that a command could not be started", async () => {
    const { machine, engine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    engine.onExec = () => {
      throw Object.assign(new Error("OCI runtime exec failed"), { name: "ContainerError", code: "not-found" });
    };
    expect(await machine.run("docker exec web nosuch")).toMatchObject({
      exitCode: 127,
      stderr: "OCI runtime exec failed\n",
    });
  });

  it("are told apart from images, networks and volumes by docker inspect", async () => {
    const { machine } = await bootWithImage();
    await machine.run(
      "docker network create net; docker volume create db; docker run -d --name web --network net -p 80:8080 app",
    );
    const script = `docker inspect web -f '{{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{range $p, $c := .NetworkSettings.Ports}}{{$p}}{{end}}'
      docker inspect web -f '{{(index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort}}'
      docker inspect web -f '{{range .NetworkSettings.Networks}}{{len .Aliases}}{{end}}'
      docker inspect app -f '{{.Config.User}}|{{len .RepoTags}}'; docker inspect net -f '{{.Driver}}'; docker volume inspect db -f '{{.Driver}}'`;
    expect(await stdoutOf(machine, script)).toBe("true no 8080/tcp\n80\n1\n|1\nbridge\nlocal");
    expect(await machine.run("docker inspect nosuch")).toEqual({
      stdout: "[]\n",
      stderr: "Error: No such object: nosuch\n",
      exitCode: 1,
    });
  });
});

describe("what docker tells of itself", () => {
  it("is what its images and containers take, what runs in them and how they came to be", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    const [, ...rows] = (await stdoutOf(machine, "docker system df | tr -s ' '")).split("\n");
    expect(rows).toEqual([
      "Images 1 1 214MB 0B (0%)",
      "Containers 1 1 -- --",
      "Local Volumes 0 0 -- --",
      "Build Cache 0 0 0B 0B",
    ]);
    expect(await stdoutOf(machine, "docker top web")).toMatch(/^UID +PID .*\nroot +4711 .* node server.js$/);
    expect(await stdoutOf(machine, "docker history --format '{{.CreatedBy}} {{.Size}}' app")).toBe("FROM node 214MB");
  });

  it("says of an option without effect that it has none, and knows the long form of mounts", async () => {
    const { machine, engine } = await bootWithImage();
    const mount = "--mount type=bind,src=/srv,dst=/srv,readonly --mount source=data,target=/data --tmpfs /run";
    const { stderr } = await machine.run(
      `docker run -d --name web --cpus 1 --privileged --add-host db:10.0.0.1 ${mount} app`,
    );
    expect(stderr).toBe("bia-infra sandbox: without effect here: --cpus, --privileged\n");
    expect(engine.containers.find("web")?.spec).toMatchObject({
      binds: [{ source: "/srv", target: "/srv", readOnly: true }],
      volumes: [{ name: "data", target: "/data" }],
      anonymous: ["/run"],
      extraHosts: [{ name: "db", address: "10.0.0.1" }],
    });
  });
});

describe("docker cp", () => {
  it("copies a file or a folder into a container and out of it, under its own name into what is there", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app; mkdir -p /srv/out; docker cp /srv/app web:/copy");
    expect(await stdoutOf(machine, "docker cp web:/copy/lib/main.js /srv/out; cat /srv/out/main.js")).toBe("main");
    await machine.run("docker cp /srv/app/lib web:/copy; docker cp web:/copy/lib/. /srv/again");
    expect(await stdoutOf(machine, "ls /srv/again; docker cp web:/copy /srv/out; ls /srv/out/copy/lib")).toBe(
      "main.js\nmain.js",
    );
  });

  it.each([
    ["docker cp web:/nothing /tmp", "Error response from daemon: Could not find the file /nothing in container web\n"],
    ["docker cp /nothing web:/tmp", "lstat /nothing: no such file or directory\n"],
    ["docker cp web:/a web:/b", "copying between containers is not supported\n"],
    ["docker cp /srv/app/index.js /tmp", "must specify at least one container source\n"],
    ["docker cp none:/a /tmp", "Error response from daemon: No such container: none\n"],
  ])("says what is wrong: %s", async (command, words) => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d --name web app");
    expect(await machine.run(command)).toMatchObject({ stderr: words, exitCode: 1 });
  });
});

describe("docker's volumes and networks", () => {
  it("are listed and removed", async () => {
    const machine = await bootWithDocker();
    const script =
      "docker volume create db; docker volume ls; docker volume rm db; docker volume ls -q; docker network ls | tr -s ' ' | cut -d ' ' -f 2-";
    expect(await stdoutOf(machine, script)).toBe(
      "db\nDRIVER    VOLUME NAME\nlocal     db\ndb\nID NAME DRIVER SCOPE\nbridge bridge local\nhost host local\nnone null local",
    );
    const addresses = "docker network inspect bridge -f '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}'";
    expect(await stdoutOf(machine, addresses)).toBe("172.17.0.0/16 172.17.0.1");
    await machine.run("docker volume create --label of=test kept; docker network create --label of=test own");
    const asked =
      "docker volume ls -q -f label=of=test -f dangling=true; docker network ls -f name=own --format {{.Name}}";
    expect(await stdoutOf(machine, asked)).toBe("kept\nown");
    expect((await machine.run("docker network create own")).stderr).toBe(
      "Error response from daemon: network with name own already exists\n",
    );
    expect((await machine.run("docker volume rm db")).stderr).toBe(
      "Error response from daemon: get db: no such volume\n",
    );
  });
});

describe("the docker daemon", () => {
  it("has an engine from the time it is started until it is stopped", async () => {
    const engine = new FakeEngine();
    const machine = boot({}, engine);
    await machine.run("dnf install -y docker");
    expect(engine.opened).toBe(0);
    await machine.run("systemctl start docker");
    expect(engine).toMatchObject({ opened: 1, closed: 0 });
    await machine.run("systemctl restart docker");
    expect(engine).toMatchObject({ opened: 2, closed: 1 });
    await machine.powerOff();
    expect(engine.closed).toBe(2);
  });

  it("counts containers and images", async () => {
    const { machine } = await bootWithImage();
    await machine.run("docker run -d app; docker create app");
    const info = await stdoutOf(machine, "docker info");
    expect(info).toMatch(/Containers: 2\n {2}Running: 1\n {2}Paused: 0\n {2}Stopped: 1\n Images: 1\n/);
  });

  it("is used through a pipe and sudo like any program", async () => {
    const { machine } = await bootWithImage();
    expect(await stdoutOf(machine, "sudo docker images -q | wc -l", "ec2-user")).toBe("1");
  });
});
