/**
 * User data of the work machine (task 1.7): what cloud-init runs as root on its first boot. Pure text, so that a change
 * of it is seen in a test and not on a bill.
 *
 * Facts that the script relies on:
 * - a script runs once per instance, as root, without HOME, its output in /var/log/cloud-init-output.log
 *   (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html); at most 16 KiB before base64 (RunInstances);
 * - Amazon Linux 2023 has Node.js as packages nodejs20, nodejs22, nodejs24, npm beside them, and chooses which one is
 *   `node` with `alternatives` (https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html);
 * - its `docker` package brings buildx but no compose plugin; Docker looks for plugins in
 *   /usr/local/lib/docker/cli-plugins too (https://docs.docker.com/compose/install/linux/#install-the-plugin-manually);
 * - docker/compose publishes a `.sha256` file beside each release file (https://github.com/docker/compose/releases);
 * - a swap file is made with `dd` in blocks of 128 MiB, which a machine with 1 GiB of memory can hold
 *   (https://repost.aws/knowledge-center/ec2-memory-swap-file);
 * - `ssm-user` is not put into group docker: SSM's agent makes it when the first session starts, after this script
 *   (https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-instance-profile.html).
 */

/** What the work machine is set up with. */
export interface WorkMachineSetup {
  /** Release of the compose plugin, e.g. `v2.23.3`. */
  readonly composeVersion: string;
  /** Size of the swap file, in steps of 128; 0: none. */
  readonly swapMiB: number;
  /** Major version of Node.js that Amazon Linux 2023 has: 20, 22 or 24. Default 22. */
  readonly nodeMajor?: number;
  /** Who may use docker without sudo. Default `ec2-user`. */
  readonly user?: string;
}

const swapBlockMiB = 128;

/**
 * The script for these values. Running it again changes nothing that is already as it should be.
 *
 * @throws RangeError for a value that cannot stand in a script as it is
 */
export function userData({ composeVersion, swapMiB, nodeMajor = 22, user = "ec2-user" }: WorkMachineSetup): string {
  expect(/^v\d+\.\d+\.\d+$/.test(composeVersion), "composeVersion", composeVersion, "a release such as v2.23.3");
  expect(/^[a-z_][a-z0-9_-]*$/.test(user), "user", user, "a user name such as ec2-user");
  expect(Number.isInteger(nodeMajor) && nodeMajor > 0, "nodeMajor", nodeMajor, "a major version such as 22");
  expect(Number.isInteger(swapMiB / swapBlockMiB) && swapMiB >= 0, "swapMiB", swapMiB, `a multiple of ${swapBlockMiB}`);
  const parts = [
    head,
    ...(swapMiB > 0 ? [swap(swapMiB)] : []),
    packages(nodeMajor),
    docker(user),
    compose(composeVersion),
  ];
  return `${parts.join("\n\n")}\n`;
}

const head = `#!/bin/bash
# Sets up the work machine of the bia stack. It may be run again: what is there already is left alone.
set -euxo pipefail
export HOME=/root`;

/** Swap comes first: npm and dnf can need more memory than a t3.micro has. */
function swap(size: number): string {
  return `# Swap file of ${size} MiB. A file of another size is what an interrupted dd left behind.
if ! grep -q '^/swapfile ' /proc/swaps; then
  if [ "$(stat -c %s /swapfile 2>/dev/null || echo 0)" != ${size * 2 ** 20} ]; then
    dd if=/dev/zero of=/swapfile bs=${swapBlockMiB}M count=${size / swapBlockMiB} status=none
  fi
  chmod 600 /swapfile
  mkswap /swapfile
  swapon /swapfile
fi
grep -q '^/swapfile ' /etc/fstab || echo '/swapfile swap swap defaults 0 0' >> /etc/fstab`;
}

function packages(nodeMajor: number): string {
  return `dnf install -y git docker nodejs${nodeMajor} nodejs${nodeMajor}-npm
alternatives --set node /usr/bin/node-${nodeMajor}`;
}

function docker(user: string): string {
  return `usermod -aG docker ${user}
systemctl enable --now docker`;
}

/**
 * The version is pinned: from v2.40.2 on they refuse to build with the buildx 0.12 of Amazon Linux ("compose build requires
 * buildx 0.17.0 or later", https://github.com/docker/compose/pull/13295). Who raises it must install a newer docker-buildx into the same folder.
 */
function compose(release: string): string {
  return `# Compose plugin. Newer versions want a newer buildx (0.17) than the docker package brings (0.12).
if [ "$(docker compose version --short 2>/dev/null || true)" != ${release.slice(1)} ]; then
  file="docker-compose-linux-$(uname -m)"
  folder=$(mktemp -d)
  for name in "$file" "$file.sha256"; do
    curl --fail --silent --show-error --location --retry 5 --retry-all-errors --output "$folder/$name" \\
      "https://github.com/docker/compose/releases/download/${release}/$name"
  done
  (cd "$folder" && sha256sum --check "$file.sha256")
  install -D -m 0755 "$folder/$file" /usr/local/lib/docker/cli-plugins/docker-compose
  rm -rf "$folder"
fi
docker compose version`;
}

function expect(holds: boolean, name: string, value: unknown, wanted: string): void {
  if (!holds) throw new RangeError(`${name} is ${JSON.stringify(value)}, it must be ${wanted}`);
}
