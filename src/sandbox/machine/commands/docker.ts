import { pluginFolders, versions } from "../packages.ts";
import { fail, notEmulated, ok, type Process, type Programs, type Result } from "../program.ts";

const SOCKET = "/run/docker.sock";
const API = "v1.44";
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
    if (run) return run(rest, process);
    if (unemulated.has(command)) return notEmulated(`docker ${command}`);
    return fail(`docker: '${command}' is not a docker command.\nSee 'docker --help'\n`);
  },

  dockerd: () => notEmulated("running dockerd by hand; use systemctl start docker"),
};

/** Commands that the real docker has. */
const unemulated = new Set(
  "attach build builder buildx commit container context cp create diff events exec export history image import inspect kill load login logout logs manifest network pause plugin port pull push rename restart rm rmi run save search secret service stack start stats stop swarm system tag top unpause update volume wait".split(
    " ",
  ),
);

const commands: Readonly<Record<string, (args: readonly string[], process: Process) => Result>> = {
  version(args, process) {
    const format = /^(?:-f|--format)=?$/.test(args[0] ?? "") ? args[1] : /^--format=(.*)/.exec(args[0] ?? "")?.[1];
    if (format === "{{.Client.Version}}") return ok(`${versions.docker}\n`);
    if (format === "{{.Server.Version}}") {
      const refused = unreachable(process, "version");
      return refused ? fail(refused, 1, "\n") : ok(`${versions.docker}\n`);
    }
    if (args.length > 0) return notEmulated(`docker version ${args.join(" ")}`);
    const { system } = process;
    const arch = system.architecture === "x86_64" ? "amd64" : "arm64";
    const lines = (title: string) =>
      `${title}:\n Version:           ${versions.docker}\n API version:       1.44\n Git commit:        ${COMMIT}\n OS/Arch:           linux/${arch}\n`;
    const client = lines("Client");
    const refused = unreachable(process, "version");
    return refused ? fail(refused, 1, client) : ok(`${client}\n${lines("Server")}`);
  },

  info(_args, process) {
    const { system } = process;
    const client = `Client:\n Version:    ${versions.docker}\n Context:    default\n Debug Mode: false\n\nServer:\n`;
    const refused = unreachable(process, "info");
    if (refused) return fail(`ERROR: ${refused}errors pretty printing info\n`, 1, client);
    return ok(
      `${client} Containers: 0\n  Running: 0\n  Paused: 0\n  Stopped: 0\n Images: 0\n Server Version: ${versions.docker}\n Storage Driver: overlay2\n` +
        ` Cgroup Driver: systemd\n Cgroup Version: 2\n Kernel Version: ${versions.kernel}.${system.architecture}\n Operating System: Amazon Linux ${versions.release}\n` +
        ` OSType: linux\n Architecture: ${system.architecture}\n CPUs: ${system.facts.vcpus}\n Name: ${system.hostname}\n Docker Root Dir: /var/lib/docker\n`,
    );
  },

  ps: (args, process) =>
    listing(
      "containers/json",
      "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n",
      args,
      process,
    ),
  images: (args, process) =>
    listing("images/json", "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n", args, process),

  compose(args, process) {
    const version = composeVersion(process);
    if (version === undefined) return fail("docker: 'compose' is not a docker command.\nSee 'docker --help'\n");
    const [command, option] = args;
    if (command === "version")
      return ok(option === "--short" ? `${version.slice(1)}\n` : `Docker Compose version ${version}\n`);
    return notEmulated(`docker compose ${command ?? ""}`.trim());
  },

  buildx(args) {
    if (args[0] === "version") return ok(`github.com/docker/buildx v${versions.buildx} 30feaa1\n`);
    return notEmulated(`docker buildx ${args[0] ?? ""}`.trim());
  },
};

function listing(endpoint: string, header: string, args: readonly string[], process: Process): Result {
  const odd = args.find((argument) => !["-a", "--all", "-q", "--quiet", "-aq", "-qa"].includes(argument));
  if (odd !== undefined) return notEmulated(`docker ps or images with ${odd}`);
  const refused = unreachable(process, endpoint);
  if (refused) return fail(refused);
  return ok(args.some((argument) => argument.includes("q")) ? "" : header);
}

/** Why the daemon cannot be asked; undefined: it can. Its socket belongs to root and group docker. */
function unreachable({ system, fs }: Process, endpoint: string): string | undefined {
  const socket = system.disk.at(SOCKET);
  if (!socket)
    return "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
  if (fs.may(socket, 6)) return undefined;
  return (
    `permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: ` +
    `Get "http://%2Fvar%2Frun%2Fdocker.sock/${API}/${endpoint}": dial unix /var/run/docker.sock: connect: permission denied\n`
  );
}

/** Version of the compose plugin, e.g. `v2.23.3`; undefined where docker finds none that it can run. */
function composeVersion({ system, fs, env }: Process): string | undefined {
  const own = env.HOME ? [`${env.HOME}/.docker/cli-plugins`] : [];
  for (const folder of [...own, ...pluginFolders]) {
    const node = system.disk.at(`${folder}/docker-compose`);
    if (node?.kind !== "file" || !fs.may(node, 1)) continue;
    const [, version, architecture] = /docker-compose (v\S+) linux-(\S+)/.exec(node.content.toString()) ?? [];
    if (architecture === system.architecture) return version;
  }
  return undefined;
}
