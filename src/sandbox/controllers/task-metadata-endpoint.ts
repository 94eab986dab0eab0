import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Container } from "@aws-sdk/client-ecs";
import { type Listening, listen } from "../plane/listen.ts";
import { nameIn } from "../world/ecs/names.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import type { HostNames } from "./host-names.ts";
import { containerMetadata, metadataId, taskMetadata } from "./task-metadata.ts";

/** Where the endpoint is for containers, and nobody else. */
const ADDRESS = "169.254.170.2";
const PLACE = `${ADDRESS}:80`;

/**
 * Tells the containers of tasks about themselves (task metadata endpoint, version 4). Who a container is, is in the address that it
 * is given; nothing that is told is secret. It listens while there is a task that has not stopped.
 */
export class TaskMetadataEndpoint {
  readonly #world: World;
  readonly #names: HostNames;
  #opening: Promise<Listening> | undefined;

  constructor(world: World, names: HostNames) {
    this.#world = world;
    this.#names = names;
    world.watch("ecs", "tasks", (_region, { after }) => {
      const isOver = after === undefined || after.lastStatus === "STOPPED";
      if (isOver && !world.regions().some(({ ecs }) => ecs.tasks.find(({ lastStatus }) => lastStatus !== "STOPPED"))) {
        world.background(() => this.close());
      }
    });
  }

  /** What a container's environment has for it. */
  environmentOf(task: EcsTask, container: string): Record<string, string> {
    return { ECS_CONTAINER_METADATA_URI_V4: `http://${ADDRESS}/v4/${metadataId(task, container)}` };
  }

  /** Resolves when containers reach it. */
  async open(): Promise<void> {
    this.#opening ??= listen(
      createServer((request, response) => this.#serve(request, response)),
      { port: 0 },
    ).then((listening) => {
      this.#names.serveAll(PLACE, { host: listening.address, port: listening.port });
      return listening;
    });
    await this.#opening;
  }

  /** Frees its port; it may be opened again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    if (!opening) return;
    this.#opening = undefined;
    const listening = await opening;
    // It may have been opened anew meanwhile, and is served there now.
    if (!this.#opening) this.#names.serveAll(PLACE, undefined);
    await listening.close();
  }

  #serve({ url = "", socket, headers, method }: IncomingMessage, response: ServerResponse): void {
    const [, id = "", what = ""] = /^\/v4\/([0-9a-f]{32}-\d{10})(\/[\w/]*)?$/.exec(url) ?? [];
    // Web pages reach ports of this computer, too, but not by this name.
    const found = method === "GET" && headers.host === ADDRESS ? this.#find(id) : undefined;
    if (found) this.#opening?.then((listening) => listening.admit(socket));
    const [status, body] = found ? told(found, what) : [404, "V4 metadata handler: there is no such container"];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  #find(id: string): Found | undefined {
    for (const region of this.#world.regions()) {
      const task = region.ecs.tasks.find(({ taskArn }) => nameIn(taskArn) === id.split("-")[0]);
      const container = task?.containers.find(({ name = "" }) => metadataId(task, name) === id);
      const definition = task && region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
      if (task && container && definition) return { region, task, container, definition };
    }
    return undefined;
  }
}

/** A container, and whose it is. */
interface Found {
  readonly region: Region;
  readonly task: EcsTask;
  readonly definition: TaskDefinition;
  readonly container: Container;
}

function told({ region, task, definition, container }: Found, what: string): [status: number, body: object | string] {
  if (what === "") return [200, containerMetadata(region, task, definition, container)];
  if (what === "/task") return [200, taskMetadata(region, task, definition)];
  return [501, `the sandbox does not emulate ${what.slice(1)} of the task metadata endpoint`];
}
