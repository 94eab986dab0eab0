import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket, WebSocketServer } from "ws";
import { DataChannel } from "./plane/data-channel/channel.ts";
import { isSecret } from "./plane/listen.ts";
import type { ExecSession, ExecSessions } from "./world/ecs/exec-sessions.ts";

const PATH = /^\/v1\/data-channel\/([\w-]+)(?:\?|$)/;
/** Bytes of a message; what a person types is far less. */
const LARGEST_MESSAGE = 64 * 1024;
/** WebSocket's code for what cannot be taken (RFC 6455, 7.4.1). */
const UNSUPPORTED_DATA = 1003;

/**
 * Opens data channels, where clients of sessions connect: the first message has the session's token.
 *
 * @param serve gets a channel and what its session is about; resolves when that is over
 */
export function dataChannels(
  sessions: ExecSessions,
  serve: (session: ExecSession, channel: DataChannel) => Promise<void>,
): (request: IncomingMessage, socket: Socket, head: Buffer, admit: () => void) => void {
  let server: Promise<WebSocketServer> | undefined;
  return async (request, socket, head, admit) => {
    const id = PATH.exec(request.url ?? "")?.[1];
    if (id === undefined) return void socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
    // Nobody else listens until it is a WebSocket.
    socket.on("error", () => {});
    server ??= openServer();
    (await server).handleUpgrade(request, socket, head, (client) => {
      client.on("error", () => {});
      client.once("message", (first: Buffer) => {
        const session = sessions.take(id, (token) => isSecret(tokenIn(first), token));
        if (!session) return refuse(client, id);
        admit();
        serve(session, new DataChannel(client, id)).catch((error) => {
          console.error(error);
          client.terminate();
        });
      });
    });
  };
}

/** Loaded when it is first needed: most sandboxes have no sessions. */
async function openServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import("ws");
  return new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
}

/** In AWS's words. */
function refuse(client: WebSocket, id: string): void {
  client.close(UNSUPPORTED_DATA, `Channel ${id}: request to open data channel does not contain token.`);
}

function tokenIn(message: Buffer): string {
  try {
    const { TokenValue } = JSON.parse(message.toString("utf8")) as { TokenValue?: unknown };
    return typeof TokenValue === "string" ? TokenValue : "";
  } catch {
    return "";
  }
}
