import { type DockerCommand, engineOf, parse, runCommand, unreachable } from "../docker/client.ts";
import { buildxVersion } from "../docker/plugins.ts";
import { versions } from "../packages.ts";
import { fail, notEmulated, ok, type Programs } from "../program.ts";
import { compose } from "./docker-compose.ts";
import { containerManagement } from "./docker-containers.ts";
import { copy } from "./docker-copy.ts";
import { imageManagement } from "./docker-images.ts";
import { registryManagement } from "./docker-registry.ts";
import { stats } from "./docker-stats.ts";
import { history, top } from "./docker-system.ts";

const COMMIT = "0bab007";

export const dockerPrograms: Programs = {
  docker(args, process) {
    const [command, ...rest] = args;
    if (command === undefined || command === "--help" || command === "help") {
      return ok("\nUsage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n");
    }
    if (command === "--version" || command === "-v") return ok(`Docker version ${versions.docker}, build ${COMMIT}\n`);
    if (command.startsWith("-")) return notEmulated(`the option ${command} of docker`);
    const run = commands[command];
    if (run) return runCommand(run, rest, process);
    if (unemulated.has(command)) return notEmulated(`docker ${command}`);
    return fail(`docker: '${command}' is not a docker command.\nSee 'docker --help'\n`);
  },

  dockerd: () => notEmulated("running dockerd by hand; use systemctl start docker"),
};

/** Commands that the real docker has. */
const unemulated = new Set(
  "attach builder commit context diff events export import load manifest pause plugin rename save search secret service stack swarm unpause update".split(
    " ",
  ),
);

const version: DockerCommand = (args, process) => {
  const { options } = parse("docker version", args, ["f|format="], { most: 0 });
  const format = options.get("f");
  if (format === "{{.Client.Version}}") return ok(`${versions.docker}\n`);
  const refused = unreachable(process, "version");
  if (format === "{{.Server.Version}}") return refused ? fail(refused, 1, "\n") : ok(`${versions.docker}\n`);
  if (format !== undefined) return notEmulated(`docker version --format ${format}`);
  const { system } = process;
  const arch = system.architecture === "x86_64" ? "amd64" : "arm64";
  const lines = (title: string) =>
    `${title}:\n Version:           ${versions.docker}\n API version:       1.44\n Git commit:        ${COMMIT}\n OS/Arch:           linux/${arch}\n`;
  const client = lines("Client");
  return refused ? fail(refused, 1, client) : ok(`${client}\n${lines("Server")}`);
};

const info: DockerCommand = async (args, process) => {
  parse("docker info", args, [], { most: 0 });
  const { system } = process;
  const client = `Client:\n Version:    ${versions.docker}\n Context:    default\n Debug Mode: false\n\nServer:\n`;
  const refused = unreachable(process, "info");
  if (refused) return fail(`ERROR: ${refused}errors pretty printing info\n`, 1, client);
  const { containers, images } = await engineOf(process, "info");
  const all = containers.list({ all: true }).length;
  const running = containers.list().length;
  return ok(
    `${client} Containers: ${all}\n  Running: ${running}\n  Paused: 0\n  Stopped: ${all - running}\n Images: ${(await images.list()).length}\n` +
      ` Server Version: ${versions.docker}\n Storage Driver: overlay2\n Cgroup Driver: systemd\n Cgroup Version: 2\n` +
      ` Kernel Version: ${versions.kernel}.${system.architecture}\n Operating System: Amazon Linux ${versions.release}\n` +
      ` OSType: linux\n Architecture: ${system.architecture}\n CPUs: ${system.facts.vcpus}\n Name: ${system.hostname}\n Docker Root Dir: /var/lib/docker\n`,
  );
};

const buildx: DockerCommand = ([command = "", ...args], process) => {
  if (command === "version") return ok(`github.com/docker/buildx ${buildxVersion(process) ?? "unknown"} 30feaa1\n`);
  const build = command === "build" ? imageManagement.build : undefined;
  return build ? build(args, process) : notEmulated(`docker buildx ${command}`.trim());
};

const commands: Readonly<Record<string, DockerCommand>> = {
  ...containerManagement,
  ...imageManagement,
  ...registryManagement,
  buildx,
  compose,
  cp: copy,
  history,
  info,
  stats,
  top,
  version,
};
