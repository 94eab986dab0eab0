/** What a person should do, by what a script on the machine said last. The first match wins. */
const REMEDIES: readonly { readonly said: RegExp; readonly next: string }[] = [
  {
    said: /no space left on device|disk( is)? full|ENOSPC/i,
    next: "The disk is full: make room (`docker system prune` in `bia-infra ssh`; on the sandbox, on this computer's disk) or give devMachine.rootVolume more, then run the same command again.",
  },
  {
    said: /port is already allocated|address already in use|ports are not available|EADDRINUSE/i,
    next: "The port is taken: stop what uses it, or choose another devMachine.appPort (and open it in devMachine.securityGroup.ingress), then run the same command again.",
  },
  {
    said: /would be overwritten by checkout/i,
    next: "Commit or discard what was changed in the app's folder on the machine (`bia-infra ssh`), then run the same command again.",
  },
  {
    said: /Unable to locate credentials/i,
    next: "The machine has lost its role: `bia-infra create --stage 1` gives it back, then run the same command again.",
  },
  {
    said: /not authorized to perform: ecr:/i,
    next: "The machine's role may not push: name AmazonEC2ContainerRegistryFullAccess in devMachine.role.managedPolicies, run `bia-infra create --stage 1`, then the same command again.",
  },
  {
    said: /toomanyrequests|429 Too Many Requests/i,
    next: "A registry on the internet has had too many requests from this address: wait some minutes, then run the same command again.",
  },
  {
    said: /does not emulate/i,
    next: "Nothing is wrong with the app: this is a gap of the sandbox. Leave that part out of the source here, or try it on AWS with `--target aws`.",
  },
  {
    said: /env file .* not found/i,
    next: "`.env` files do not travel, because Run Command keeps what it was sent. Write it on the machine once, into the app's folder, with `bia-infra ssh`: it stays there. Then run the same command again.",
  },
  {
    said: /validating .*: |yaml: |no configuration file provided|invalid compose project|dependency cycle detected|must be a (mapping|string|list)/i,
    next: "Correct the compose file in the app's source, then run the same command again.",
  },
  {
    said: /failed to solve|dockerfile|did not complete successfully/i,
    next: "Correct the Dockerfile, or what it builds, in the app's source, then run the same command again: only what changed travels and is built.",
  },
];

const LOOK = "Look at `bia-infra dev logs`, correct the app's source, then run the same command again.";

/** What to do about a migration that fails for a reason of its own. */
export const CORRECT_MIGRATION =
  "Correct the migration in the app's source, then run the same command again: migrations that ran already are not repeated.";

/** Lines of what a script printed last that are worth showing: a build ends with its Dockerfile after the step's own words. */
export const LINES_OF_FAILURE = 20;

/** What to do about a script that failed, from what it printed; `otherwise` where that says nothing known. */
export function remedyFor(output: string, otherwise = LOOK): string {
  return REMEDIES.find(({ said }) => said.test(output))?.next ?? otherwise;
}
