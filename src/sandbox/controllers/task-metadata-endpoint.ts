import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Listening, listen } from "../plane/listen.ts";
import { nameIn } from "../world/ecs/names.ts";
import { fargateRuntimeId } from "../world/ecs/runtime-id.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { sourceOf, taskRole } from "./ecs-task-roles.ts";
import type { HostNames } from "./host-names.ts";
import { containerMetadata, taskMetadata } from "./task-metadata.ts";
import { TaskStatistics, type UsageOf } from "./task-statistics.ts";

/** Where the endpoint is for containers, and nobody else. */
const ADDRESS = "169.254.170.2";
const PLACE = `${ADDRESS}:80`;

/** Where AWS itself is for containers: their SDK cannot reach it at the usual names, which are served with certificates. */
const AWS = { name: "sandbox.amazonaws.com", address: "169.254.170.254" };
const AWS_PLACE = `${AWS.address}:80`;

/** A status and what is told with it. */
type Told = readonly [status: number, body: object | string | null];

/**
 * Tells the containers of tasks about themselves (task metadata endpoint, version 4), and gives them the credentials of their task's role.
 * Who a container is, is in the address that it is given. It listens while there is a task that has not stopped.
 */
export class TaskMetadataEndpoint {
  readonly #world: World;
  readonly #names: HostNames;
  readonly #statistics = new TaskStatistics();
  #opening: Promise<Listening> | undefined;

  /** @param port of 127.0.0.1, where AWS's calls are answered */
  constructor(world: World, names: HostNames, port: number) {
    this.#world = world;
    this.#names = names;
    names.serveAll(AWS_PLACE, { host: "127.0.0.1", port }, AWS);
    world.watch("ecs", "tasks", (_region, { after }) => {
      const isOver = after === undefined || after.lastStatus === "STOPPED";
      if (isOver && !world.regions().some(({ ecs }) => ecs.tasks.find(({ lastStatus }) => lastStatus !== "STOPPED"))) {
        world.background(() => this.close());
      }
    });
  }

  /** Tells who knows what the containers of tasks use. */
  measureBy(usageOf: UsageOf): void {
    this.#statistics.usageOf = usageOf;
  }

  /** What a container's environment has for it. */
  environmentOf(task: EcsTask, container: string): Record<string, string> {
    const { credentialsId } = task.hidden;
    return {
      ECS_CONTAINER_METADATA_URI_V4: `http://${ADDRESS}/v4/${fargateRuntimeId(task, container)}`,
      ...(credentialsId !== undefined && {
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${credentialsId}`,
        AWS_ENDPOINT_URL: `http://${AWS.name}`,
      }),
    };
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
    // Web pages reach ports of this computer, too, but not by this name.
    const asked = method === "GET" && headers.host === ADDRESS ? url : "";
    const admit = () => this.#opening?.then((listening) => listening.admit(socket));
    this.#world.background(async () => {
      const [status, body] = (await this.#credentials(asked, admit)) ?? (await this.#metadata(asked, admit));
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }

  /** Undefined: that is not what is asked for. ("IAM roles for tasks"; amazon-ecs-agent, handlers/v1/credentials) */
  async #credentials(url: string, admit: () => void): Promise<Told | undefined> {
    const [, id] = /^\/v2\/credentials\/([0-9a-f-]+)$/.exec(url) ?? [];
    if (id === undefined) return undefined;
    const found = this.#taskWith(({ hidden, lastStatus }) => hidden.credentialsId === id && lastStatus !== "STOPPED");
    const role = found && taskRole(this.#world, found.region, found.task, found.definition);
    if (!role) {
      const message = "CredentialsV2Request: ID not found";
      return [400, { code: "InvalidIdInRequest", message, HTTPErrorCode: 400 }];
    }
    admit();
    const { region, task } = found;
    const sourceIp = () => sourceOf(region, task);
    const session = this.#world.roleSessions.of(role, { name: nameIn(task.taskArn), sourceIp });
    return [
      200,
      {
        RoleArn: session.roleArn,
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        Token: session.token,
        Expiration: session.expiration,
      },
    ];
  }

  async #metadata(url: string, admit: () => void): Promise<Told> {
    const [, id = "", what = ""] = /^\/v4\/([0-9a-f]{32}-\d+)(\/[\w/]*)?$/.exec(url) ?? [];
    const found = this.#taskWith(({ taskArn }) => nameIn(taskArn) === id.split("-")[0]);
    const container = found?.task.containers.find(({ name = "" }) => fargateRuntimeId(found.task, name) === id);
    if (!found || !container) return [404, "V4 metadata handler: there is no such container"];
    admit();
    const { region, task, definition } = found;
    if (what === "") return [200, containerMetadata(region, task, definition, container)];
    if (what === "/task") return [200, taskMetadata(region, task, definition)];
    if (what === "/stats") return [200, (await this.#statistics.of(region, task, container)) ?? null];
    if (what === "/task/stats") return [200, await this.#statistics.ofAll(region, task)];
    return [501, `the sandbox does not emulate ${what.slice(1)} of the task metadata endpoint`];
  }

  #taskWith(is: (task: EcsTask) => boolean): Found | undefined {
    for (const region of this.#world.regions()) {
      const task = region.ecs.tasks.find(is);
      const definition = task && region.ecs.taskDefinitions.get(nameIn(task.taskDefinitionArn));
      if (task && definition) return { region, task, definition };
    }
    return undefined;
  }
}

/** A task, and what it is of. */
interface Found {
  readonly region: Region;
  readonly task: EcsTask;
  readonly definition: TaskDefinition;
}
