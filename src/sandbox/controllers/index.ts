import type { World } from "../world/world.ts";
import { controlAgents } from "./agents.ts";
import { controlInstances } from "./instances.ts";
import { Machines } from "./machines.ts";
import { controlRunCommand } from "./run-command.ts";
import { controlVolumes } from "./volumes.ts";

/** What makes the world's wishes true, until it is closed. */
export interface Controllers {
  /** Ends what runs on the machines. Scripts that had not ended run again when the world is opened again. */
  close(): void;
}

/** Starts all controllers; what an earlier process left half done goes on. */
export function startControllers(world: World): Controllers {
  const machines = new Machines(world);
  controlInstances(world, machines);
  controlAgents(world);
  controlRunCommand(world, machines);
  controlVolumes(world);
  return { close: () => machines.close() };
}
