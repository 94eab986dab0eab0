/**
 * Scripts that run on a machine through `remoteScript`: as root, by bash with `set -euo pipefail`. They only look; what
 * they print is shown to the person.
 */

/**
 * Waits until a machine's user data has run, then prints `name=version` for docker, compose, git, node and npm. Fails,
 * with the end of cloud-init's log, when user data failed or one of them does not answer. Docker's version is the
 * daemon's, so that a docker which is installed and does not run counts as missing.
 *
 * cloud-init waits without a limit of its own: the command's time limit is the limit. Its exit codes are 0 for done,
 * 1 for an error and, since 23.4, 2 for an error that it recovered from
 * (https://docs.cloud-init.io/en/latest/explanation/return_codes.html).
 */
export function machineReadyScript(): string {
  return `code=0
cloud-init status --wait >/dev/null 2>&1 || code=$?
missing=
answers() {
  if [ -n "$2" ]; then echo "$1=$2"; else missing="$missing $1"; fi
}
answers docker "$(docker version --format '{{.Server.Version}}' 2>/dev/null || true)"
answers compose "$(docker compose version --short 2>/dev/null | sed 's/^v//' || true)"
answers git "$(git --version 2>/dev/null | sed 's/^git version //' || true)"
answers node "$(node --version 2>/dev/null | sed 's/^v//' || true)"
answers npm "$(npm --version 2>/dev/null || true)"
if [ "$code" = 1 ] || [ -n "$missing" ]; then
  tail -n 30 /var/log/cloud-init-output.log
  [ "$code" != 1 ] || echo "The user data of this machine failed; above are the last lines of /var/log/cloud-init-output.log."
  [ -z "$missing" ] || echo "These do not answer on this machine:$missing."
  exit 1
fi
`;
}
