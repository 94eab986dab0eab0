import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { openChannel } from "../../src/remote/data-channel.ts";
import { fromBytes, PAYLOAD, toBytes } from "../../src/remote/data-channel-message.ts";

/** An agent that does as it is told. Answers where it is. */
async function agent(behave: (client: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(
    () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  );
  server.on("connection", (client) => client.once("message", () => behave(client)));
  await new Promise((resolve) => server.once("listening", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const says = (sequence: number, payloadType: number, content: string | object) =>
  toBytes({
    type: "output_stream_data",
    sequence,
    payloadType,
    payload: Buffer.from(typeof content === "string" ? content : JSON.stringify(content)),
  });

const closed = (Output = "") =>
  toBytes({ type: "channel_closed", sequence: 0, payloadType: 0, payload: Buffer.from(JSON.stringify({ Output })) });

it("puts what arrives in another order back into its own, and shows what arrives twice once", async () => {
  const url = await agent((client) => {
    for (const [sequence, text] of [
      [1, "b"],
      [0, "a"],
      [0, "a"],
      [3, "\xe9"],
      [2, "c"],
    ] as const) {
      client.send(says(sequence, PAYLOAD.output, text));
    }
    client.send(closed());
  });
  let heard = "";
  const channel = await openChannel({ url, token: "t" }, (text) => {
    heard += text;
  });
  await channel.closed;
  expect(heard).toBe("abcé");
});

it("sends again what nobody acknowledged, and holds what is typed until the handshake is through", async () => {
  const received: string[] = [];
  const url = await agent((client) => {
    client.send(says(0, PAYLOAD.handshakeRequest, { RequestedClientActions: [{ ActionType: "SessionType" }] }));
    client.on("message", (bytes: Buffer) => {
      const message = fromBytes(bytes);
      if (message?.type !== "input_stream_data") return;
      received.push(`${message.sequence} ${message.payloadType}`);
      // The first answer is lost.
      if (received.length === 2) client.send(says(1, PAYLOAD.handshakeComplete, {}));
      if (message.payloadType === PAYLOAD.output) client.send(closed());
    });
  });
  const channel = await openChannel({ url, token: "t" }, () => {});
  channel.type("ls\r");
  await channel.closed;
  expect(received).toEqual(["0 6", "0 6", "1 1"]);
});

it("says that it cannot encrypt, where the cluster wants that", async () => {
  const url = await agent((client) => {
    const RequestedClientActions = [{ ActionType: "KMSEncryption" }, { ActionType: "SessionType" }];
    client.send(says(0, PAYLOAD.handshakeRequest, { RequestedClientActions }));
  });
  const channel = await openChannel({ url, token: "t" }, () => {});
  await expect(channel.closed).rejects.toMatchObject({
    message: "the cluster wants its sessions encrypted with a key of KMS",
    next: expect.stringContaining("aws ecs execute-command"),
  });
});

it("says why the other side hung up, and that nobody is there", async () => {
  const url = await agent((client) =>
    client.close(1003, "Channel x: request to open data channel does not contain token."),
  );
  const channel = await openChannel({ url, token: "" }, () => {});
  await expect(channel.closed).rejects.toThrow("the session broke off: Channel x: request to open");
  await expect(openChannel({ url: "ws://127.0.0.1:1/", token: "" }, () => {})).rejects.toThrow("cannot be opened");
});
