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
    said: /failed to solve|dockerfile|did not complete successfully/i,
    next: "Correct the Dockerfile, or what it builds, in the app's source, then run the same command again: only what changed travels and is built.",
  },
  {
    said: /migrat|sequelize/i,
    next: "Correct the migration in the app's source, then run the same command again: migrations that ran already are not repeated.",
  },
];

const OTHERWISE = "Look at `bia-infra dev logs`, correct the app's source, then run the same command again.";

/** What to do about a script that failed, from what it printed. */
export function remedyFor(output: string): string {
  return REMEDIES.find(({ said }) => said.test(output))?.next ?? OTHERWISE;
}
