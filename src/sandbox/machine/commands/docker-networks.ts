import { type DockerCommand, engineOf, forEach, parse, refuse } from "../docker/client.ts";
import { isWanted } from "../docker/filters.ts";
import { listing } from "../docker/listing.ts";
import { BUILT_IN_NETWORKS } from "../docker/networks.ts";
import { pair } from "../docker/run-options.ts";
import { fail, ok } from "../program.ts";
import { inspect } from "./docker-inspect.ts";

/** `docker network COMMAND`. */
export const networkCommands: Readonly<Record<string, DockerCommand>> = {
  async ls(args, process) {
    const parsed = parse("docker network ls", args, ["q|quiet", "format=", "no-trunc", "f|filter="], { most: 0 });
    const { containers } = await engineOf(process, "networks");
    const own = [...BUILT_IN_NETWORKS, ...containers.networks()]
      .filter((network) => isWanted(network, parsed.values.get("f") ?? [], false, "network"))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, id, driver = "bridge" }: { name: string; id: string; driver?: string }) => ({
        ID: parsed.options.has("no-trunc") ? id : id.slice(0, 12),
        Name: name,
        Driver: driver,
        Scope: "local",
      }));
    return listing(own, parsed, {
      columns: [
        ["NETWORK ID", "ID"],
        ["NAME", "Name"],
        ["DRIVER", "Driver"],
        ["SCOPE", "Scope"],
      ],
      id: "ID",
    });
  },

  async create(args, process) {
    const known = ["d|driver=", "label=", "subnet=", "gateway=", "ip-range=", "attachable", "internal", "o|opt="];
    const { operands, options, values } = parse("docker network create", args, known, { least: 1, most: 1 });
    const { containers } = await engineOf(process, "networks/create");
    if ((options.get("d") ?? "bridge") !== "bridge") refuse(`the network driver ${options.get("d")}`);
    const [name = ""] = operands;
    if ([...BUILT_IN_NETWORKS, ...containers.networks()].some((network) => network.name === name))
      return fail(`Error response from daemon: network with name ${name} already exists\n`);
    const labels = Object.fromEntries((values.get("label") ?? []).map(pair));
    return ok(`${(await containers.createNetwork(name, labels)).id}\n`);
  },

  async rm(args, process) {
    const { operands } = parse("docker network rm", args, [], { least: 1 });
    const { containers } = await engineOf(process, "networks");
    return forEach(operands, (name) => containers.removeNetwork(name));
  },

  inspect: (args, process) => inspect(["--type", "network", ...args], process),
};
