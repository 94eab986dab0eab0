import { onTestFinished } from "vitest";
import { type Model, readModel } from "../../../src/sandbox/wire/model.ts";
import type { Service } from "../../../src/sandbox/wire/service.ts";
import { servedForTest } from "./served.ts";

/** A client of a service all of whose operations note their input and return what they are told to. */
export interface Mirror {
  readonly model: Model;
  /** Sends an input through the SDK and HTTP and lets the handler return an output. */
  call(operation: string, input: object, output: object): Promise<{ seen: unknown; answered: object }>;
}

interface Client {
  send(command: object): Promise<{ $metadata: object }>;
  destroy(): void;
}

/** A mirror of a service in a sandbox of the running test's own. */
export async function mirrorForTest(name: string, load: () => Promise<object>, config: object = {}): Promise<Mirror> {
  const sdk = await load();
  const model = readModel(sdk);
  let seen: unknown;
  let output: object = {};
  const handle = (input: unknown) => {
    seen = input;
    return output;
  };
  const operations = [...model.operations.values()].map(({ name, input }) => {
    const accepts = input.isUnitSchema() ? [] : [...input.structIterator()].map(([member]) => member);
    return [name, { accepts, handle }];
  });
  const service: Service = {
    name,
    load: async () => sdk,
    operations: Object.fromEntries(operations),
    rules: undefined,
    refuses: undefined,
    ignoresEmpty: false,
    unsigned: [],
  };
  const { endpoint, region, credentials } = await servedForTest([service]);
  const client = newClient(sdk, { endpoint, region, credentials, maxAttempts: 1, ...config });
  onTestFinished(() => client.destroy());
  return {
    model,
    async call(operation, input, answer) {
      output = answer;
      const Command = sdk[`${operation}Command` as keyof typeof sdk] as new (input: object) => object;
      const { $metadata, ...answered } = await client.send(new Command(input));
      return { seen, answered };
    },
  };
}

function newClient(sdk: object, config: object): Client {
  for (const [name, value] of Object.entries(sdk)) {
    if (/^[A-Z]\w*Client$/.test(name)) return new (value as new (config: object) => Client)(config);
  }
  throw new Error("no SDK client package");
}
