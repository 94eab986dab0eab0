import { randomUUID } from "node:crypto";
import type { Attachment, Container, ServiceConnectService } from "@aws-sdk/client-ecs";

/** What AWS adds to a task of a service with Service Connect. */
export interface TaskProxy {
  readonly attachment: Attachment;
  readonly container: Container;
}

/** The proxy of a task, under a name of its own. (ecs:Attachment) @param services what the task serves */
export function newProxy(services: readonly ServiceConnectService[]): TaskProxy {
  const name = `ecs-service-connect-${randomUUID().slice(0, 5)}`;
  const details = services.flatMap(({ portName, discoveryName, clientAliases = [] }) => [
    { name: "portName", value: portName ?? "" },
    { name: "discoveryName", value: discoveryName ?? portName ?? "" },
    { name: "clientAliases", value: JSON.stringify(clientAliases) },
  ]);
  return {
    attachment: {
      id: randomUUID(),
      type: SERVICE_CONNECT,
      status: "PRECREATED",
      details: [{ name: "ContainerName", value: name }, ...details],
    },
    container: {
      name,
      lastStatus: "PENDING",
      networkBindings: [],
      networkInterfaces: [],
      healthStatus: "UNKNOWN",
      cpu: "0",
    },
  };
}

/** Type of the attachment. */
export const SERVICE_CONNECT = "Service Connect";
