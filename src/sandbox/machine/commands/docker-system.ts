import { type DockerCommand, engineOf, parse, Refusal } from "../docker/client.ts";
import { ago, createdAt, cut, shortId, size } from "../docker/format.ts";
import { listing } from "../docker/listing.ts";
import { processTable } from "../docker/processes.ts";
import { fail, ok } from "../program.ts";

const USAGE = {
  id: "Type",
  columns: [
    ["TYPE", "Type"],
    ["TOTAL", "TotalCount"],
    ["ACTIVE", "Active"],
    ["SIZE", "Size"],
    ["RECLAIMABLE", "Reclaimable"],
  ],
} as const;

/** `docker system df`. Nobody measures what containers and volumes hold. */
export const diskUsage: DockerCommand = async (args, process) => {
  const parsed = parse("docker system df", args, ["v|verbose", "format="], { most: 0 });
  const { containers, images } = await engineOf(process, "system/df");
  const all = containers.list({ all: true });
  const used = new Set(all.map(({ imageId }) => imageId));
  const kept = await images.list();
  const sum = (some: typeof kept) => some.reduce((bytes, image) => bytes + image.size, 0);
  const free = sum(kept.filter(({ id }) => !used.has(id)));
  const mounted = new Set(all.flatMap(({ spec }) => (spec.volumes ?? []).map(({ name }) => name)));
  const volumes = containers.volumes();
  const row = (Type: string, total: number, active: number, bytes = "--", reclaimable = "--") => ({
    Type,
    TotalCount: String(total),
    Active: String(active),
    Size: bytes,
    Reclaimable: reclaimable,
  });
  const share = `${size(free)} (${Math.floor((free / Math.max(sum(kept), 1)) * 100)}%)`;
  const rows = [
    row("Images", kept.length, kept.filter(({ id }) => used.has(id)).length, size(sum(kept)), share),
    row("Containers", all.length, containers.list().length),
    row("Local Volumes", volumes.length, volumes.filter(({ name }) => mounted.has(name)).length),
    row("Build Cache", 0, 0, "0B", "0B"),
  ];
  return listing(rows, parsed, USAGE);
};

/** `docker top`. */
export const top: DockerCommand = async (args, process) => {
  const { operands } = parse("docker top", args, [], { least: 1, stopAtOperand: true });
  const { containers } = await engineOf(process, "containers/top");
  const [name = ""] = operands;
  const container = containers.find(name);
  if (!container) throw new Refusal(fail(`Error response from daemon: No such container: ${name}\n`));
  if (container.state.status !== "running")
    return fail(`Error response from daemon: container ${container.id} is not running\n`);
  return ok(processTable(container, containers.usage(name)?.cpu ?? 0));
};

const HISTORY = {
  id: "ID",
  columns: [
    ["IMAGE", "ID"],
    ["CREATED", "CreatedSince"],
    ["CREATED BY", "CreatedBy"],
    ["SIZE", "Size"],
    ["COMMENT", "Comment"],
  ],
} as const;

/** `docker history`, the newest step first. */
export const history: DockerCommand = async (args, process) => {
  const known = ["q|quiet", "no-trunc", "format=", "H|human"];
  const parsed = parse("docker history", args, known, { least: 1, most: 1 });
  const { images } = await engineOf(process, "images/history");
  const full = parsed.options.has("no-trunc");
  const [name = ""] = parsed.operands;
  const image = await images.find(name);
  if (!image) throw new Refusal(fail(`Error response from daemon: No such image: ${name}\n`));
  const steps = [...(await images.history(image.id))].reverse();
  const rows = steps.map((step, at) => ({
    ID: at > 0 ? "<missing>" : full ? image.id : shortId(image.id),
    CreatedAt: createdAt(step.created),
    CreatedSince: ago(step.created),
    CreatedBy: full ? step.createdBy : cut(step.createdBy, 45),
    Size: size(step.size),
    Comment: "",
  }));
  return listing(rows, parsed, HISTORY);
};
