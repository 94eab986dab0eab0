/** What is to be built and where it is to go. */
export interface ImageToPush {
  /** Folder of the app on the machine, with its Dockerfile. */
  readonly folder: string;
  /** Who builds it there. */
  readonly user: string;
  /** `ARG`s of the Dockerfile, by name. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** `HOST/NAME:TAG` */
  readonly uri: string;
  /** The registry's region. */
  readonly region: string;
}

/**
 * Builds the app's image and pushes it to ECR: bash, run as root with `set -euo pipefail`. The registry's password goes
 * from one program to the other and is kept for as long as the push takes, in a folder that only the user can read.
 */
export function pushScript({ folder, user, buildArgs, uri, region }: ImageToPush): string {
  const args = Object.entries(buildArgs).map(([name, value]) => `--build-arg ${quoted(`${name}=${value}`)} `);
  const host = uri.slice(0, uri.indexOf("/"));
  // Written out each time: a shell function would hide from the sandbox's machine that its output is to be shown live.
  const asUser = `sudo -H -u ${user}`;
  return `config=$(${asUser} mktemp -d)
trap "rm -rf $config" EXIT
${asUser} docker build ${args.join("")}--tag ${uri} ${quoted(folder)}
if ! said=$(aws ecr get-login-password --region ${region} | ${asUser} env DOCKER_CONFIG="$config" docker login --username AWS --password-stdin ${host} 2>&1); then
  echo "$said"
  exit 1
fi
${asUser} env DOCKER_CONFIG="$config" docker push ${uri}
`;
}

/** One word of bash that means exactly this text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
