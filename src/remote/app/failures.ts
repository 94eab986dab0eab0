/** What a person should do, by what a script on the machine said last, `$1` being a part of that. The first match wins. */
const REMEDIES: readonly { readonly said: RegExp; readonly next: string }[] = [
  {
    said: /\.dockerignore does not name \.env/,
    next: "Put a line `.env` into the .dockerignore of the app's source, then run the same command again.",
  },
  {
    said: /The app uses the database \S+ on RDS, which does not answer|\(ParameterNotFound\) .*GetParameter/,
    next: "`bia-infra create --stage 2-3` makes the database, or starts it; `bia-infra dev up --database local` goes back to the one on the machine.",
  },
  {
    said: /no space left on device|disk( is)? full|ENOSPC/i,
    next: "The disk is full: make room (`docker system prune` in `bia-infra ssh`; on the sandbox, on this computer's disk) or give devMachine.rootVolume more, then run the same command again.",
  },
  {
    said: /port is already allocated|address already in use|ports are not available|EADDRINUSE/i,
    next: "The port is taken: `bia-infra ssh bia-dev -- docker ps` shows by whom; remove that (`docker rm -f NAME` there), or choose another devMachine.appPort (and open it in devMachine.securityGroup.ingress), then run the same command again.",
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
    said: /(initialized by PostgreSQL version \d+), which is not compatible/i,
    next: "The database's volume was $1: name that one in the compose file, or, to begin with an empty one, remove the volume (`docker compose down -v` in the app's folder, in `bia-infra ssh`), then run the same command again.",
  },
  {
    said: />>> FROM (\S+)[\s\S]*the sandbox has no such image/i,
    next: "Nothing is wrong with the app: $1 is a gap of the sandbox, which runs apps on Node. Try it on AWS with `--target aws`.",
  },
  {
    said: /does not emulate the image (\S+): the service \S+ stands still[\s\S]*(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|timed? ?out)/i,
    next: "Nothing is wrong with the app: the image $1 is a gap of the sandbox. Let the app come up without it here, or try it on AWS with `--target aws`.",
  },
  {
    said: /does not emulate (?!.* stands still)|the sandbox has no such image|not emulated by the sandbox/i,
    next: "Nothing is wrong with the app: this is a gap of the sandbox. Leave that part out of the source here, or try it on AWS with `--target aws`.",
  },
  {
    said: /env file .* not found/i,
    next: "`.env` files do not travel, because Run Command keeps what it was sent. Give it with `app.env` in the variables, secrets with `bia-infra dev env set NAME`; or write it on the machine once, into the app's folder, with `bia-infra ssh`: it stays there. Then run the same command again.",
  },
  {
    said: /required variable \S+ is missing a value|environment variable \S+ required by/i,
    next: "Give the variable with `app.env` in the variables, or as a secret with `bia-infra dev env set NAME`, then run the same command again.",
  },
  {
    said: /validating .*: |yaml: |no configuration file provided|invalid compose project|(dependency|include) cycle detected|must be a (mapping|string|list)|invalid interpolation format|invalid (hostPort|containerPort)|conflicts with imported resource|cannot extend service|failed to read \/\S+: /i,
    next: "Correct the compose file in the app's source, then run the same command again.",
  },
  {
    said: /(?:ENOTFOUND|EAI_AGAIN) ((?!registry\.)[\w-]+(?:\.[\w-]+)+)[\s\S]*failed to solve/i,
    next: "The build downloads something from $1, which could not be reached from this computer: check the network and its proxy, or use a version of that package that brings it along, then run the same command again.",
  },
  {
    said: /npm error .*(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ECONNREFUSED|certificate|network)/i,
    next: "npm's registry could not be reached from there: check the network and its proxy (one with a certificate of its own wants NODE_EXTRA_CA_CERTS set when the sandbox starts: `bia-infra sandbox stop` lets the next command start it), then run the same command again.",
  },
  {
    said: /The app does not answer on port \d+ of the machine/,
    next: "If it ended, correct what it said above. If it runs, it has to listen on 0.0.0.0, as on localhost nobody outside of its container reaches it; let its compose file publish that port (APP_PORT has it there), or name the port that it publishes as devMachine.appPort in the variables. Then run the same command again.",
  },
  {
    said: /repository .* not found|could not read Username|Authentication failed|Could not resolve host|Remote branch .* not found|couldn't find remote ref|did not match any file/i,
    next: "Correct app.source in the variables: the machine reads git and ref by itself, without a user or a password. Then run the same command again.",
  },
  {
    said: /The app was never brought to this machine/,
    next: "Bring it there with `bia-infra dev up`.",
  },
  {
    said: /failed to solve|dockerfile parse error|did not complete successfully/i,
    next: "Correct the Dockerfile, or what it builds, in the app's source, then run the same command again: only what changed travels and is built.",
  },
];

const LOOK = "Look at `bia-infra dev logs`, correct the app's source, then run the same command again.";

/** What to do about a migration that fails for a reason of its own. */
export const CORRECT_MIGRATION =
  "Correct the migration in the app's source, then run the same command again: migrations that ran already are not repeated.";

/** What to do about a source that did not arrive, whose app has printed nothing yet. */
export const CORRECT_SOURCE =
  "Correct app.source in the variables, or what the words above say, then run the same command again.";

/** Lines of what a script printed last that are worth showing: a build ends with its Dockerfile after the step's own words. */
export const LINES_OF_FAILURE = 20;

/** What to do about a script that failed, from what it printed; `otherwise` where that says nothing known. */
export function remedyFor(output: string, otherwise = LOOK): string {
  for (const { said, next } of REMEDIES) {
    const found = said.exec(output);
    if (found) return next.replace("$1", () => found[1] ?? "");
  }
  return otherwise;
}
