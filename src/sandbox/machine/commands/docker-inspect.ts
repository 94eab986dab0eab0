import { type DockerCommand, engineOf, parse } from "../docker/client.ts";
import type { DockerEngine } from "../docker/engine.ts";
import { inspectContainer, inspectImage, inspectNetwork, inspectVolume, show } from "../docker/inspect.ts";
import { BUILT_IN_NETWORKS } from "../docker/networks.ts";

/** `docker inspect`, of whatever has the name. */
export const inspect: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker inspect", args, ["f|format=", "type=", "s|size"], { least: 1 });
  const engine = await engineOf(process, "containers/json");
  const type = options.get("type");
  const found = await Promise.all(operands.map((name) => inspectAny(engine, name, type)));
  const missing = operands.filter((_, at) => !found[at]);
  const what = type ?? "object";
  return show(
    found.flatMap((object) => object ?? []),
    options.get("f"),
    missing.map((name) => `Error: No such ${what}: ${name}\n`),
  );
};

async function inspectAny(
  { containers, images }: DockerEngine,
  name: string,
  type?: string,
): Promise<object | undefined> {
  const wanted = (kind: string) => type === undefined || type === kind;
  const container = wanted("container") ? containers.find(name) : undefined;
  if (container) return inspectContainer(container, await images.find(container.imageId), containers.volumes());
  const image = wanted("image") ? await images.find(name) : undefined;
  if (image) return inspectImage(image);
  const network = wanted("network")
    ? [...BUILT_IN_NETWORKS, ...containers.networks()].find((one) => one.name === name || one.id === name)
    : undefined;
  if (network) return inspectNetwork(network, containers.list());
  const volume = wanted("volume") ? containers.volumes().find((one) => one.name === name) : undefined;
  return volume && inspectVolume(volume);
}
