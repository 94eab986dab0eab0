import type { NormalizedSchema } from "@smithy/core/schema";
import { describe, expect, it } from "vitest";
import { servicesOf } from "../../../src/sandbox/services/index.ts";
import { readModel } from "../../../src/sandbox/wire/model.ts";
import type { Rules } from "../../../src/sandbox/wire/rules.ts";
import { World } from "../../../src/sandbox/world/world.ts";

const world = await World.open({});
const services = servicesOf(world);
await world.close();

describe.each(services.map((service) => [service.name, service] as const))("the rules of %s", (_, service) => {
  it("are there for every operation that is served: else `npm run models` has to write them anew", async () => {
    const rules = await service.rules?.();
    expect(Object.keys(rules?.operations ?? {}).sort()).toEqual(Object.keys(service.operations).sort());
  });

  it("name members as the SDK's schemas do, so that each is looked at", async () => {
    const rules = (await service.rules?.()) as Rules;
    const model = readModel(await service.load());
    const unknown = Object.entries(rules.operations).flatMap(([operation, shape]) =>
      unknownMembers(rules, shape, model.operations.get(operation)?.input as NormalizedSchema, operation),
    );
    // What botocore knows and the SDK that is installed does not have yet.
    expect(unknown).toEqual([]);
  });
});

/** Paths of members that the rules have and the schema has not. */
function unknownMembers(
  rules: Rules,
  name: string | null,
  schema: NormalizedSchema,
  at: string,
  above: string[] = [],
): string[] {
  const shape = name === null ? undefined : rules.shapes[name];
  if (!shape || name === null || above.includes(name)) return [];
  const down = (next: string | undefined, inner: NormalizedSchema, path: string) =>
    unknownMembers(rules, next ?? null, inner, path, [...above, name]);
  if (schema.isListSchema() || schema.isMapSchema()) return down(shape.item, schema.getValueSchema(), `${at}.n`);
  if (!schema.isStructSchema()) return [];
  const known = new Map([...schema.structIterator()]);
  const named = [...(shape.required ?? []), ...Object.keys(shape.members ?? {})];
  return [
    ...named.filter((member) => !known.has(member)).map((member) => `${at}.${member}`),
    ...Object.entries(shape.members ?? {}).flatMap(([member, next]) => {
      const inner = known.get(member);
      return inner ? down(next, inner, `${at}.${member}`) : [];
    }),
  ];
}
