import type { Container, Image } from "./engine.ts";
import { ago, createdAt, cut, duration, shortId, size } from "./format.ts";

/** What `docker ps` tells of a container, by the names that its `--format` knows. */
export function containerRow(container: Container, { full = false } = {}) {
  const { spec } = container;
  const command = container.argv.join(" ");
  const labels = spec.labels ?? {};
  return {
    Command: `"${full ? command : cut(command, 20)}"`,
    CreatedAt: createdAt(container.created),
    ID: full ? container.id : shortId(container.id),
    Image: spec.image,
    Labels: Object.keys(labels)
      .sort()
      .map((name) => `${name}=${labels[name]}`)
      .join(","),
    LocalVolumes: String(spec.volumes?.length ?? 0),
    Mounts: [...(spec.volumes ?? []).map(({ name }) => name), ...(spec.binds ?? []).map(({ source }) => source)]
      .map((name) => (full ? name : cut(name, 15)))
      .join(","),
    Names: container.name,
    Networks: (spec.networks ?? []).map(({ name }) => name).join(",") || "bridge",
    Ports: portsOf(container),
    RunningFor: ago(container.created),
    Size: "0B",
    State: container.state.status,
    Status: statusOf(container),
    Label: (name: unknown) => labels[String(name)] ?? "",
  };
}

/** `Up 5 minutes (healthy)`, `Exited (1) 3 seconds ago`. */
export function statusOf({ state }: Container): string {
  const { status, exitCode, startedAt, finishedAt, health } = state;
  if (status === "created") return "Created";
  if (status === "restarting") return `Restarting (${exitCode}) ${ago(finishedAt ?? new Date().toISOString())}`;
  if (status === "exited") return `Exited (${exitCode}) ${ago(finishedAt ?? new Date().toISOString())}`;
  const up = `Up ${duration(Date.now() - Date.parse(startedAt ?? new Date().toISOString()))}`;
  return health ? `${up} (${health.status === "starting" ? "health: starting" : health.status})` : up;
}

/** `0.0.0.0:3001->8080/tcp, :::3001->8080/tcp`; a port that is only exposed stands alone. */
export function portsOf({ state, ports }: Container): string {
  if (state.status !== "running") return "";
  return [...ports]
    .sort((a, b) => a.containerPort - b.containerPort)
    .flatMap(({ containerPort, hostPort }) =>
      hostPort === undefined
        ? [`${containerPort}/tcp`]
        : [`0.0.0.0:${hostPort}->${containerPort}/tcp`, `:::${hostPort}->${containerPort}/tcp`],
    )
    .join(", ");
}

/** What `docker images` tells, a row for each name of each image. */
export function imageRows(images: readonly Image[], { full = false } = {}) {
  return images.flatMap((image) =>
    (image.names.length > 0 ? image.names : ["<none>:<none>"]).map((name) => {
      const { repository, tag } = splitName(name);
      return {
        Containers: "N/A",
        CreatedAt: createdAt(image.created),
        CreatedSince: ago(image.created),
        Digest: image.digest,
        ID: full ? image.id : shortId(image.id),
        Repository: repository,
        SharedSize: "N/A",
        Size: size(image.size),
        Tag: tag,
        UniqueSize: "N/A",
        VirtualSize: size(image.size),
      };
    }),
  );
}

/** A name without a tag means `latest`. */
export function splitName(name: string): { repository: string; tag: string } {
  const at = name.lastIndexOf(":");
  if (at <= name.lastIndexOf("/")) return { repository: name, tag: "latest" };
  return { repository: name.slice(0, at), tag: name.slice(at + 1) };
}
