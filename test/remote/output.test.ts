import { type SendCommandCommandInput, SSMClient } from "@aws-sdk/client-ssm";
import { expect, it, vi } from "vitest";
import { followOutput } from "../../src/remote/output.ts";

it("asks for a script's output closely in its first minute, and every sixth look after that", async () => {
  const ssm = new SSMClient({ region: "us-east-1" });
  let sent = 0;
  vi.spyOn(ssm, "send").mockImplementation(async (command: object) => {
    if (command.constructor.name === "SendCommandCommand") return { Command: { CommandId: `c-${++sent}` } };
    return { Status: "Success", StandardOutputContent: "line\n", ResponseCode: 0 };
  });
  const shown: string[] = [];
  let place: unknown;
  const look = async (times: number) => {
    for (let count = 0; count < times; count += 1) {
      place = await followOutput(ssm, { name: "build", instanceId: "i-1" }, (line) => shown.push(line), place);
    }
    return sent;
  };
  const inTheFirstMinute = await look(10);
  expect(inTheFirstMinute).toBeGreaterThan(2);
  // Ten minutes of a look every five seconds: at most two entries a minute.
  expect((await look(120)) - inTheFirstMinute).toBeLessThanOrEqual(20);
  expect(shown.length).toBeGreaterThan(inTheFirstMinute);
});

it("goes on where AWS refuses to show it", async () => {
  const ssm = new SSMClient({ region: "us-east-1" });
  const refusal = Object.assign(new Error("not now"), { name: "ThrottlingException", $fault: "client", $metadata: {} });
  let isRefused = true;
  vi.spyOn(ssm, "send").mockImplementation(async (command: object) => {
    if (isRefused) throw refusal;
    if (command.constructor.name === "SendCommandCommand") return { Command: { CommandId: "c-1" } };
    return { Status: "Success", StandardOutputContent: "line\n", ResponseCode: 0 };
  });
  const shown: string[] = [];
  let place: unknown;
  for (let look = 1; look <= 8; look += 1) {
    if (look === 6) isRefused = false;
    place = await followOutput(ssm, { name: "build", instanceId: "i-1" }, (line) => shown.push(line), place);
  }
  expect(shown).toEqual(["line"]);
});

it("shows nothing of a log that is not there yet, and then all of it", async () => {
  const ssm = new SSMClient({ region: "us-east-1" });
  const asked: string[] = [];
  vi.spyOn(ssm, "send").mockImplementation(async (command: { constructor: object; input?: unknown }) => {
    const { Parameters } = (command.input ?? {}) as SendCommandCommandInput;
    if (Parameters?.commands) {
      asked.push(...Parameters.commands);
      return { Command: { CommandId: "c-1" } };
    }
    if (asked.length === 1) return { Status: "Success", StandardErrorContent: "grep: No such file\n", ResponseCode: 0 };
    return { Status: "Success", StandardOutputContent: "first\n", ResponseCode: 0 };
  });
  const shown: string[] = [];
  let place: unknown;
  for (let look = 1; look <= 10 && asked.length < 3; look += 1) {
    place = await followOutput(ssm, { name: "build", instanceId: "i-1" }, (line) => shown.push(line), place);
  }
  expect(shown).toEqual(["first"]);
  expect(asked.map((one) => /\+(\d+) /.exec(one)?.[1])).toEqual(["1", "1", "2"]);
});
