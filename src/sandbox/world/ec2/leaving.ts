import { instanceState } from "../instance-states.ts";
import type { Instance } from "../records.ts";
import type { World } from "../world.ts";

/** Sends an instance on its way out; its controller takes it from there. */
export function leaving(world: World, state: "stopping" | "shutting-down"): (draft: Instance) => void {
  return (draft) => {
    const at = world.now().toISOString().slice(0, 19).replace("T", " ");
    draft.State = instanceState(state);
    draft.StateReason = {
      Code: "Client.UserInitiatedShutdown",
      Message: "Client.UserInitiatedShutdown: User initiated shutdown",
    };
    draft.StateTransitionReason = `User initiated (${at} GMT)`;
  };
}
