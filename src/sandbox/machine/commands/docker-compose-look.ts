import { engineOf, parse, Refusal } from "../docker/client.ts";
import { labels } from "../docker/compose/project.ts";
import { type Session, serviceNameOf } from "../docker/compose/session.ts";
import type { Container } from "../docker/engine.ts";
import { shortId, size } from "../docker/format.ts";
import { listing } from "../docker/listing.ts";
import { processTable } from "../docker/processes.ts";
import { splitName } from "../docker/rows.ts";
import { fail, ok, type Process, type Result } from "../program.ts";
import { copyOfServices } from "./docker-copy.ts";

/** Commands of compose that only look, and `cp`. */
export const lookingCommands = { cp, images, port, top } as const;

async function cp(args: readonly string[], session: Session): Promise<Result> {
  return copyOfServices(args, (service) => running(session, service).name, session.process);
}

/** @throws Refusal if the service has no container that runs */
function running(session: Session, name: string): Container {
  const [service] = session.services([name]);
  const container = service && session.containers(service).find(({ state }) => state.status === "running");
  if (container) return container;
  throw new Refusal(fail(`service "${name}" is not running\n`));
}

async function port(args: readonly string[], session: Session): Promise<Result> {
  const { operands, options } = parse("docker compose port", args, ["protocol=", "index="], { least: 2, most: 2 });
  const [name = "", wanted = ""] = operands;
  const container = running(session, name);
  const found = container.ports.find(
    ({ containerPort, hostPort }) => containerPort === Number(wanted) && hostPort !== undefined,
  );
  const protocol = options.get("protocol") ?? "tcp";
  if (!found || protocol !== "tcp") return fail(`no port ${wanted}/${protocol} for container ${container.name}\n`);
  return ok(`0.0.0.0:${found.hostPort}\n`);
}

async function top(args: readonly string[], session: Session): Promise<Result> {
  const { operands } = parse("docker compose top", args, []);
  const containers = session
    .services(operands)
    .flatMap((service) => session.containers(service))
    .filter(({ state }) => state.status === "running");
  const cpuOf = ({ id }: Container) => session.engine.containers.usage(id)?.cpu ?? 0;
  return ok(containers.map((one) => `${one.name}\n${processTable(one, cpuOf(one))}\n`).join(""));
}

async function images(args: readonly string[], session: Session): Promise<Result> {
  const parsed = parse("docker compose images", args, ["q|quiet", "format="]);
  const containers = session.services(parsed.operands).flatMap((service) => session.containers(service));
  const rows = await Promise.all(
    containers.map(async ({ name, imageId, spec }) => {
      const image = await session.engine.images.find(imageId);
      const { repository, tag } = splitName(spec.image);
      const ID = parsed.options.has("q") ? imageId.replace("sha256:", "") : shortId(imageId);
      return { ContainerName: name, Repository: repository, Tag: tag, ID, Size: size(image?.size ?? 0) };
    }),
  );
  return listing(rows, parsed, {
    id: "ID",
    columns: [
      ["CONTAINER", "ContainerName"],
      ["REPOSITORY", "Repository"],
      ["TAG", "Tag"],
      ["IMAGE ID", "ID"],
      ["SIZE", "Size"],
    ],
  });
}

/** `docker compose ls`: the projects that have containers, which needs no compose file. */
export async function projects(args: readonly string[], process: Process): Promise<Result> {
  const parsed = parse("docker compose ls", args, ["a|all", "q|quiet", "format=", "filter="], { most: 0 });
  const { containers } = await engineOf(process, "containers/json");
  const byProject = new Map<string, Container[]>();
  for (const container of containers.list({ all: true }).reverse()) {
    const project = container.spec.labels?.[labels.project];
    if (project === undefined || serviceNameOf(container) === "") continue;
    byProject.set(project, [...(byProject.get(project) ?? []), container]);
  }
  const rows = [...byProject]
    .filter(([, all]) => parsed.options.has("a") || all.some(({ state }) => state.status === "running"))
    .map(([Name, all]) => ({
      Name,
      Status: statusOf(all),
      ConfigFiles: all[0]?.spec.labels?.[labels.files] ?? "",
    }));
  if (parsed.options.get("format") === "json") return ok(`${JSON.stringify(rows)}\n`);
  return listing(rows, parsed, {
    id: "Name",
    columns: [
      ["NAME", "Name"],
      ["STATUS", "Status"],
      ["CONFIG FILES", "ConfigFiles"],
    ],
  });
}

/** `exited(1), running(2)`. */
function statusOf(containers: readonly Container[]): string {
  const counts = new Map<string, number>();
  for (const { state } of containers) counts.set(state.status, (counts.get(state.status) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, count]) => `${status}(${count})`)
    .join(", ");
}
