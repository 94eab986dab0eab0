import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NormalizedSchema } from "@smithy/core/schema";
import { expect, it } from "vitest";
import { servicesOf } from "../../../src/sandbox/services/index.ts";
import type { LogEntry } from "../../../src/sandbox/wire/endpoint.ts";
import { readModel } from "../../../src/sandbox/wire/model.ts";
import type { Rules, Shape } from "../../../src/sandbox/wire/rules.ts";
import { clientConfig, sandboxForTest } from "../../support/sandbox.ts";

/** `npm run test:fuzz` sends 100,000. */
const SAMPLE = 500;
const REQUESTS = Number(process.env.MUTATED_REQUESTS ?? SAMPLE);
const SEED = Number(process.env.MUTATED_SEED ?? Date.now() % 1_000_000);
/** In the sample others may have the processor meanwhile. */
const SLOWEST_MS = REQUESTS > SAMPLE ? 1_000 : 5_000;
/** What is kept of all that was made, and what the test itself and the SDK need. */
const MOST_HEAP = 500_000_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const TEXTS = [
  "a",
  "",
  "__proto__",
  "constructor",
  "*",
  "é😀\u0000",
  "x".repeat(300),
  "{}",
  "2026-01-01",
  "::/0",
  "10.0.0.0/8",
  "bia",
  "us-east-1a",
  "t3.micro",
  "true",
];
const NUMBERS = [0, 1, 2, 5, 10, 80, -1, 65536, 100_000, 2 ** 31 - 1, 0.5];

it(
  `answers ${REQUESTS} mutated requests, none with a defect or late (seed ${SEED})`,
  async () => {
    const entries: LogEntry[] = [];
    const sandbox = await sandboxForTest({
      speed: "manual",
      delays: "none",
      throttling: false,
      log: (entry) => entries.push(entry),
    });
    const random = numbersFrom(SEED);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    /** Names of what is there, so that requests lead to something. */
    const known = [...TEXTS];
    const targets = await Promise.all(
      servicesOf(sandbox.world).map(async (service) => {
        const module = (await service.load()) as Record<string, unknown>;
        const sdk = (module.default ?? module) as Record<string, new (input: object) => object>;
        const Client = Object.entries(sdk).find(([name]) => /^[A-Z]\w*Client$/.test(name))?.[1] as new (
          config: object,
        ) => { send(command: object): Promise<object> };
        return {
          service,
          sdk,
          client: new Client({ ...clientConfig(sandbox), maxAttempts: 1 }),
          model: readModel(sdk),
          rules: (await service.rules?.()) as Rules,
        };
      }),
    );
    const operations = targets.flatMap((target) =>
      Object.keys(target.service.operations).map((name) => ({ ...target, name })),
    );

    for (let sent = 0; sent < REQUESTS; sent++) {
      const { service, sdk, client, model, rules, name } = pick(operations);
      const schema = model.operations.get(name)?.input as NormalizedSchema;
      const accepts: readonly string[] = service.operations[name]?.accepts ?? [];
      const input = schema.isUnitSchema()
        ? {}
        : structure(schema, rules.operations[name] ?? undefined, rules, 0, accepts);
      const command = new (sdk[`${name}Command`] as new (input: object) => object)(input);
      const answer = await client.send(command).catch(() => ({}));
      for (const text of textsIn(answer)) known[Math.floor(random() * 200)] = text;
    }

    const wrong = entries.filter(({ status, error }) => status >= 500 && error !== "SandboxNotEmulated");
    expect(wrong.map(({ service, operation, defect }) => `${service} ${operation}: ${defect}`)).toEqual([]);
    // A key is made beside everything else, and takes its time where others have the processors.
    const late = entries.filter(
      ({ operation, milliseconds }) => operation !== "CreateKeyPair" && milliseconds > SLOWEST_MS,
    );
    expect(late.map(({ service, operation, milliseconds }) => `${service} ${operation}: ${milliseconds} ms`)).toEqual(
      [],
    );
    // Not what the SDK refuses to send.
    expect(entries.length).toBeGreaterThan(REQUESTS / 2);
    collectGarbage();
    expect(process.memoryUsage().heapUsed).toBeLessThan(MOST_HEAP);

    function structure(
      schema: NormalizedSchema,
      shape: string | undefined,
      rules: Rules,
      depth: number,
      only?: readonly string[],
    ): object {
      const rule = shape === undefined ? undefined : rules.shapes[shape];
      const members = [...schema.structIterator()].filter(([member]) => {
        if (only && !only.includes(member)) return false;
        return random() < (rule?.required?.includes(member) ? 0.95 : 0.35 / (depth + 1));
      });
      return Object.fromEntries(
        members.map(([member, inner]) => [member, value(inner, rule?.members?.[member], rules, depth + 1)]),
      );
    }

    function value(schema: NormalizedSchema, name: string | undefined, rules: Rules, depth: number): unknown {
      const shape = name === undefined ? undefined : rules.shapes[name];
      if (depth > 6) return undefined;
      if (schema.isStructSchema()) return structure(schema, name, rules, depth);
      if (schema.isListSchema())
        return Array.from({ length: pick([0, 1, 1, 2, 3]) }, () =>
          value(schema.getValueSchema(), shape?.item, rules, depth + 1),
        );
      if (schema.isMapSchema())
        return Object.fromEntries([[pick(texts()), value(schema.getValueSchema(), shape?.item, rules, depth + 1)]]);
      if (schema.isStringSchema()) return text(shape);
      if (schema.isBooleanSchema()) return random() < 0.5;
      if (schema.isNumericSchema()) return number(shape);
      if (schema.isTimestampSchema()) return new Date(pick([0, 1e12, 4e12]));
      if (schema.isBlobSchema()) return Buffer.from(pick(texts()));
      return undefined;
    }

    function text(shape: Shape | undefined): string {
      if (shape?.enum && random() < 0.9) return pick(shape.enum);
      return pick(texts());
    }

    function number(shape: Shape | undefined): number {
      if (shape?.min !== undefined && random() < 0.7) return shape.min;
      return pick(NUMBERS);
    }

    function texts(): string[] {
      return known.filter((one) => one !== undefined);
    }
  },
  120_000 + 30 * REQUESTS,
);

function* textsIn(answer: unknown): Generator<string> {
  if (typeof answer === "string" && answer !== "") yield answer;
  if (typeof answer !== "object" || answer === null) return;
  for (const [name, one] of Object.entries(answer)) if (name !== "$metadata") yield* textsIn(one);
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
