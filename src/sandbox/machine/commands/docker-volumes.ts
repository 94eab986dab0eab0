import { randomBytes } from "node:crypto";
import { type DockerCommand, engineOf, forEach, parse, refuse } from "../docker/client.ts";
import { isWanted } from "../docker/filters.ts";
import { listing } from "../docker/listing.ts";
import { pair } from "../docker/run-options.ts";
import { inspect } from "./docker-inspect.ts";

/** `docker volume COMMAND`. */
export const volumeCommands: Readonly<Record<string, DockerCommand>> = {
  async ls(args, process) {
    const parsed = parse("docker volume ls", args, ["q|quiet", "format=", "f|filter="], { most: 0 });
    const { containers } = await engineOf(process, "volumes");
    const mounted = new Set(
      containers
        .list({ all: true })
        .flatMap(({ spec }) => spec.volumes ?? [])
        .map(({ name }) => name),
    );
    const rows = containers
      .volumes()
      .filter((volume) => isWanted(volume, parsed.values.get("f") ?? [], !mounted.has(volume.name), "volume"))
      .map(({ name, folder }) => ({ Driver: "local", Name: name, Mountpoint: folder, Scope: "local" }));
    return listing(rows, parsed, {
      columns: [
        ["DRIVER", "Driver"],
        ["VOLUME NAME", "Name"],
      ],
      id: "Name",
    });
  },

  async create(args, process) {
    const known = ["label=", "name=", "d|driver="];
    const { operands, options, values } = parse("docker volume create", args, known, { most: 1 });
    const { containers } = await engineOf(process, "volumes/create");
    if ((options.get("d") ?? "local") !== "local") refuse(`the volume driver ${options.get("d")}`);
    const name = operands[0] ?? options.get("name") ?? randomBytes(32).toString("hex");
    const labels = Object.fromEntries((values.get("label") ?? []).map(pair));
    return forEach([name], async (one) => (await containers.createVolume(one, labels)).name);
  },

  async rm(args, process) {
    const { operands, options } = parse("docker volume rm", args, ["f|force"], { least: 1 });
    const { containers } = await engineOf(process, "volumes");
    return forEach(operands, async (name) => {
      if (options.has("f") && !containers.volumes().some((one) => one.name === name)) return;
      await containers.removeVolume(name);
    });
  },

  inspect: (args, process) => inspect(["--type", "volume", ...args], process),
};
