import { createHash } from "node:crypto";
import { architectureOf } from "./facts.ts";
import type { System } from "./system.ts";

export interface KnownRequest {
  readonly url: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Are redirects followed? */
  readonly follow: boolean;
}

export interface KnownResponse {
  readonly status: number;
  readonly body: string | Uint8Array;
}

/**
 * The internet as a machine sees it: the instance metadata service and a handful of downloads that set-up scripts need,
 * answered from here. Undefined for everything else, so that no request leaves the user's computer.
 */
export async function fetchKnown(request: KnownRequest, system: System): Promise<KnownResponse | undefined> {
  const metadata = /^(?:http:\/\/)?(?:169\.254\.169\.254|instance-data)(?::80)?(\/.*)?$/.exec(request.url);
  if (metadata) return metadataService(metadata[1] ?? "/", request, system);
  const download = await downloadOf(request.url);
  if (download === undefined) return undefined;
  // Release files of GitHub are redirected to its storage, so a client that does not follow gets an empty answer.
  if (request.url.includes("github.com") && !request.follow) return { status: 302, body: "" };
  return download;
}

const notFound: KnownResponse = { status: 404, body: "Not Found" };

async function downloadOf(url: string): Promise<KnownResponse | undefined> {
  const release =
    /^https:\/\/github\.com\/docker\/(compose|buildx)\/releases\/(?:download\/([^/]+)|latest\/download)\/([^/]+)$/.exec(
      url,
    );
  if (release) {
    const [, project, version, file = ""] = release;
    return project === "compose" ? compose(version ?? "v2.40.3", file) : buildx(version ?? "v0.29.1", file);
  }
  const nodesource = /^https:\/\/rpm\.nodesource\.com\/setup_(\d+)\.x$/.exec(url);
  if (/^https:\/\/awscli\.amazonaws\.com\/awscli-exe-linux-(x86_64|aarch64)(-[\d.]+)?\.zip$/.test(url)) {
    return { status: 200, body: await awsCliArchive() };
  }
  if (nodesource) return { status: 200, body: nodesourceScript(nodesource[1] ?? "") };
  return undefined;
}

/** Release files of docker/compose: `docker-compose-linux-x86_64` and its `.sha256`. */
function compose(version: string, file: string): KnownResponse {
  const [, architecture, checksum] = /^docker-compose-linux-(x86_64|aarch64)(\.sha256)?$/i.exec(file) ?? [];
  if (architecture === undefined || !/^v\d+\.\d+\.\d+/.test(version)) return notFound;
  const plugin = composePlugin(version, architecture);
  if (checksum === undefined) return { status: 200, body: plugin };
  return { status: 200, body: `${sha256(plugin)} *docker-compose-linux-${architecture}\n` };
}

function buildx(version: string, file: string): KnownResponse {
  const known = /^buildx-v[\d.]+\.linux-(amd64|arm64)$/.test(file);
  return known ? { status: 200, body: `#!/bin/bash\n# docker-buildx ${version} ${file}\n` } : notFound;
}

/** Stands for the plugin's binary; as a command of its own it can tell its version. */
function composePlugin(version: string, architecture: string): string {
  return (
    `#!/bin/bash\n# docker-compose ${version} linux-${architecture}\n` +
    `case "$1" in version|--version) echo "Docker Compose version ${version}"; exit;; esac\n` +
    `echo "bia-infra sandbox: this machine does not emulate docker-compose; use docker compose." >&2\nexit 125\n`
  );
}

/** Its installer names the command that the machine has anyway, and lays no second one over it. */
async function awsCliArchive(): Promise<Uint8Array> {
  const { default: Zip } = await import("jszip");
  const archive = new Zip();
  const installer =
    `#!/bin/sh\n[ "$(id -u)" = 0 ] || { echo "mkdir: cannot create directory '/usr/local/aws-cli': Permission denied" >&2; exit 1; }\n` +
    `if [ -e /usr/local/aws-cli ] && [ "$1" != --update ]; then\n` +
    `  echo "Found preexisting AWS CLI installation: /usr/local/aws-cli/v2/current. Please rerun install script with --update flag."; exit 1\nfi\n` +
    `mkdir -p /usr/local/aws-cli/v2/current\necho "You can now run: /usr/bin/aws --version"\n`;
  archive.file("aws/install", installer, { unixPermissions: 0o755 });
  return archive.generateAsync({ type: "uint8array", platform: "UNIX" });
}

function nodesourceScript(major: string): string {
  return (
    `#!/bin/bash\n[ "$(id -u)" = 0 ] || { echo "This script must be run as root" >&2; exit 1; }\n` +
    `cat > /etc/yum.repos.d/nodesource-nodejs.repo <<'END'\n[nodesource-nodejs]\nname=Node.js Packages for Linux RPM based distros\n` +
    `baseurl=https://rpm.nodesource.com/pub_${major}.x/nodistro/nodejs/$basearch\nenabled=1\nEND\n` +
    `echo "Repository is configured and updated. Run 'dnf install nodejs -y' to complete the installation."\n`
  );
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html, version 2 only. */
function metadataService(path: string, { method, headers }: KnownRequest, system: System): KnownResponse {
  const [, name = ""] = /^\/(?:latest|\d{4}-\d{2}-\d{2})\/(.*)$/.exec(path) ?? [];
  if (name === "api/token") {
    if (method !== "PUT") return { status: 405, body: "" };
    const seconds = Number(headers.get("x-aws-ec2-metadata-token-ttl-seconds"));
    return seconds >= 1 && seconds <= 21600 ? { status: 200, body: system.metadataToken } : { status: 400, body: "" };
  }
  if (headers.get("x-aws-ec2-metadata-token") !== system.metadataToken) return { status: 401, body: "" };
  const value = metadataOf(name.replace(/\/$/, ""), system);
  return value === undefined ? notFound : { status: 200, body: value };
}

function metadataOf(name: string, { facts, disk }: System): string | undefined {
  const [domain] = facts.hostname.split(".").slice(1);
  const publicName = facts.publicIp && `ec2-${facts.publicIp.replaceAll(".", "-")}.compute-1.amazonaws.com`;
  const values: Readonly<Record<string, string | undefined>> = {
    "meta-data/ami-id": facts.imageId,
    "meta-data/hostname": facts.hostname,
    "meta-data/instance-id": facts.instanceId,
    "meta-data/instance-type": facts.instanceType,
    "meta-data/local-hostname": facts.hostname,
    "meta-data/local-ipv4": facts.privateIp,
    "meta-data/placement/availability-zone": facts.availabilityZone,
    "meta-data/placement/region": facts.region,
    "meta-data/public-hostname": publicName,
    "meta-data/public-ipv4": facts.publicIp,
    "meta-data/services/domain": domain && "amazonaws.com",
    "meta-data/iam/security-credentials": facts.role,
    "user-data": disk.text("/var/lib/cloud/instance/user-data.txt"),
    "dynamic/instance-identity/document": JSON.stringify(
      {
        architecture: architectureOf(facts) === "aarch64" ? "arm64" : "x86_64",
        availabilityZone: facts.availabilityZone,
        imageId: facts.imageId,
        instanceId: facts.instanceId,
        instanceType: facts.instanceType,
        privateIp: facts.privateIp,
        region: facts.region,
      },
      undefined,
      2,
    ),
  };
  if (values[name] !== undefined || name in values) return values[name];
  const children = Object.keys(values).filter((key) => key.startsWith(`${name}/`) && values[key] !== undefined);
  if (name !== "" && children.length === 0) return undefined;
  const below = children.map((key) => {
    const [child = "", ...rest] = key.slice(name.length + 1).split("/");
    return rest.length > 0 ? `${child}/` : child;
  });
  return [...new Set(below)].join("\n");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
