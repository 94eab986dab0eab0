import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import { linesAfter, logStreamOf } from "../../src/aws/container-log.ts";
import { clientsOf } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

it("a container's log is its stream, from its end on", async () => {
  const clients = clientsOf(await sandboxForTest());
  const options = { "awslogs-group": "/ecs/web", "awslogs-region": "us-east-1" };
  const logged = (more = {}) => ({ logDriver: "awslogs" as const, options: { ...options, ...more } });
  await clients.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "web",
      containerDefinitions: [
        { name: "app", image: "app", memory: 64, logConfiguration: logged({ "awslogs-stream-prefix": "ecs" }) },
        { name: "nameless", image: "app", memory: 64, logConfiguration: logged() },
        { name: "silent", image: "app", memory: 64 },
      ],
    }),
  );
  const streamOf = (name: string, runtimeId?: string) =>
    logStreamOf(clients, { revision: "web:1", task: "1a2b", name, runtimeId });
  const place = { group: "/ecs/web", region: "us-east-1" };
  expect(await streamOf("nameless", "docker-id")).toEqual({ ...place, stream: "docker-id" });
  expect(await streamOf("nameless")).toBeUndefined();
  expect(await streamOf("silent", "docker-id")).toBeUndefined();
  const stream = await streamOf("app");
  expect(stream).toEqual({ ...place, stream: "ecs/app/1a2b" });
  if (!stream) return;

  expect(await linesAfter(clients, stream, undefined, 2)).toEqual({ lines: [], next: undefined });
  const where = { logGroupName: stream.group, logStreamName: stream.stream };
  await clients.logs.send(new CreateLogGroupCommand({ logGroupName: stream.group }));
  await clients.logs.send(new CreateLogStreamCommand(where));
  const timestamp = Date.now();
  const print = (...messages: string[]) =>
    clients.logs.send(
      new PutLogEventsCommand({ ...where, logEvents: messages.map((message) => ({ timestamp, message })) }),
    );
  const empty = await linesAfter(clients, stream, undefined, 2);
  await print("one", "two", "three");
  expect(await textsAfter(empty.next, 2)).toMatchObject({ texts: ["one", "two", "three"] });
  const end = await textsAfter(undefined, 2);
  expect(end.texts).toEqual(["two", "three"]);
  expect(await textsAfter(end.next, 2)).toEqual({ texts: [], next: end.next });
  await print("four");
  expect(await textsAfter(end.next, 2)).toMatchObject({ texts: ["four"] });

  async function textsAfter(after: string | undefined, most: number) {
    const { lines, next } = await linesAfter(clients, stream as NonNullable<typeof stream>, after, most);
    return { texts: lines.map(({ text }) => text), next };
  }
});
