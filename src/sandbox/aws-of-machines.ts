import type { AwsOfMachines } from "./controllers/instance-aws.ts";
import { AwsRefusal, type AwsService } from "./machine/machine.ts";
import { refusedAction } from "./services/authorization/refused-action.ts";
import type { Endpoint, ServiceDescription } from "./wire/endpoint.ts";
import { AwsError } from "./wire/service.ts";
import type { World } from "./world/world.ts";

/** The account's services as programs on machines call them: without HTTP, and as far as their role lets them. */
export function awsOfMachines(world: World, endpoint: Endpoint): AwsOfMachines {
  const { account } = world;
  return {
    async service(name) {
      const description = await endpoint.describe(name);
      return description && described(description);
    },
    async call(session, call) {
      try {
        const refused = refusedAction(world, session, { ...call, account });
        if (refused) throw refused;
        return await endpoint.call({ ...call, account, caller: session });
      } catch (error) {
        throw error instanceof AwsError ? new AwsRefusal(error.code, call.operation, error.message) : error;
      }
    },
  };
}

function described({ operations, rules }: ServiceDescription): AwsService {
  const all = [...operations.values()].map(({ name, input, output }) => {
    const isServed = rules === undefined || name in rules.operations;
    const required = rules?.shapes[rules.operations[name] ?? ""]?.required ?? [];
    return [name, { name, isServed, input, output, required, pages: rules?.pages?.[name] }] as const;
  });
  return { operations: new Map(all), waiters: rules?.waiters ?? {} };
}
