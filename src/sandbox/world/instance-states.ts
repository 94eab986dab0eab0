import type { InstanceState, InstanceStateName } from "@aws-sdk/client-ec2";

/** Codes of the states (ec2:InstanceState). */
const CODES = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const;

/** A state as EC2 writes it: name and code. */
export function instanceState(Name: InstanceStateName): Required<InstanceState> & { Name: InstanceStateName } {
  return { Name, Code: CODES[Name] };
}
