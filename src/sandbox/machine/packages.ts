import { ensureGroup } from "./accounts.ts";
import type { Disk } from "./disk.ts";

/** A systemd unit that a package brings. */
export interface Unit {
  readonly name: string;
  readonly description: string;
  readonly wantedBy: string;
  /** Units that start with it. */
  readonly requires?: readonly string[];
  /** Files that are there while it runs. */
  readonly sockets?: readonly string[];
  readonly socketGroup?: string;
  /** Command line of its main process. */
  readonly command: string;
  /** Runs from the first boot on. */
  readonly preset?: boolean;
}

/** A package of the Amazon Linux 2023 repository. */
export interface Package {
  /** Version and release, e.g. `2.50.1-1.amzn2023.0.1`. */
  readonly version: string;
  /** Download size as dnf prints it. */
  readonly size: string;
  readonly noarch?: boolean;
  readonly requires?: readonly string[];
  /** Paths of the commands that it brings. */
  readonly commands?: readonly string[];
  readonly units?: readonly Unit[];
  /** Groups, folders and files that it makes. */
  readonly install?: (disk: Disk) => void;
  /** Comes with the AMI. */
  readonly preinstalled?: boolean;
}

/** Versions that commands print, in one place with the packages that bring them. */
export const versions = {
  git: "2.50.1",
  docker: "25.0.14",
  containerd: "2.1.5",
  runc: "1.3.4",
  buildx: "0.12.1",
  node: { 18: "18.20.8", 20: "20.20.2", 22: "22.23.2", 24: "24.18.0" } as Readonly<Record<string, string>>,
  npm: { 18: "10.8.2", 20: "10.8.2", 22: "10.9.8", 24: "11.12.1" } as Readonly<Record<string, string>>,
  aws: "2.32.7",
  cloudInit: "22.2.2",
  kernel: "6.1.158-180.294.amzn2023",
  release: "2023.9.20251117",
} as const;

const dockerUnit: Unit = {
  name: "docker.service",
  description: "Docker Application Container Engine",
  wantedBy: "multi-user.target",
  requires: ["containerd.service"],
  sockets: ["/run/docker.sock"],
  socketGroup: "docker",
  command: "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --default-ulimit nofile=32768:65536",
};

const containerdUnit: Unit = {
  name: "containerd.service",
  description: "containerd container runtime",
  wantedBy: "multi-user.target",
  command: "/usr/bin/containerd",
};

/** Packages by name: those the sandbox can install, and those that the AMI has. */
export const catalogue: Readonly<Record<string, Package>> = {
  git: {
    version: `${versions.git}-1.amzn2023.0.1`,
    size: "53 k",
    requires: ["git-core", "git-core-doc", "perl-Git"],
    commands: ["/usr/bin/git"],
  },
  "git-core": { version: `${versions.git}-1.amzn2023.0.1`, size: "4.9 M" },
  "git-core-doc": { version: `${versions.git}-1.amzn2023.0.1`, size: "2.8 M", noarch: true },
  "perl-Git": { version: `${versions.git}-1.amzn2023.0.1`, size: "41 k", noarch: true },
  docker: {
    version: `${versions.docker}-1.amzn2023.0.1`,
    size: "46 M",
    requires: ["containerd", "runc", "iptables-nft", "libcgroup", "pigz"],
    commands: ["/usr/bin/docker", "/usr/bin/dockerd"],
    units: [dockerUnit],
    install(disk) {
      ensureGroup(disk, "docker", 991);
      disk.directory("/etc/docker", { mode: 0o755 });
      disk.directory("/var/lib/docker", { mode: 0o710 });
      disk.write("/usr/libexec/docker/cli-plugins/docker-buildx", `buildx ${versions.buildx}\n`, {
        mode: 0o755,
      });
    },
  },
  containerd: { version: `${versions.containerd}-1.amzn2023.0.1`, size: "24 M", units: [containerdUnit] },
  runc: { version: `${versions.runc}-1.amzn2023.0.1`, size: "3.7 M" },
  "iptables-nft": { version: "1.8.8-3.amzn2023.0.2", size: "183 k" },
  libcgroup: { version: "3.0-1.amzn2023.0.1", size: "75 k" },
  pigz: { version: "2.5-1.amzn2023.0.3", size: "83 k", commands: ["/usr/bin/pigz"] },
  ...nodePackages("18", "nodejs"),
  ...nodePackages("20"),
  ...nodePackages("22"),
  ...nodePackages("24"),
  ...Object.fromEntries(Object.keys(versions.node).map((major) => [`nodesource-${major}`, nodesource(major)])),
  jq: { version: "1.7.1-51.amzn2023.0.1", size: "188 k", commands: ["/usr/bin/jq"] },
  tree: { version: "1.8.0-6.amzn2023.0.2", size: "56 k", commands: ["/usr/bin/tree"] },
  htop: { version: "3.2.1-87.amzn2023.0.3", size: "182 k", commands: ["/usr/bin/htop"] },
  zip: { version: "3.0-28.amzn2023.0.2", size: "269 k", commands: ["/usr/bin/zip"] },
  rsync: { version: "3.4.0-1.amzn2023.0.2", size: "408 k", commands: ["/usr/bin/rsync"] },
  nano: { version: "8.3-1.amzn2023.0.2", size: "715 k", commands: ["/usr/bin/nano"] },
  gcc: { version: "11.5.0-5.amzn2023.0.5", size: "32 M", commands: ["/usr/bin/gcc"] },
  "gcc-c++": { version: "11.5.0-5.amzn2023.0.5", size: "13 M", requires: ["gcc"], commands: ["/usr/bin/g++"] },
  "python3.11": { version: "3.11.14-1.amzn2023.0.1", size: "26 k", commands: ["/usr/bin/python3.11"] },
  "python3.11-pip": { version: "22.3.1-2.amzn2023.0.10", size: "3.2 M", noarch: true, commands: ["/usr/bin/pip3.11"] },
  "python3.12": { version: "3.12.12-1.amzn2023.0.1", size: "27 k", commands: ["/usr/bin/python3.12"] },
  "python3-pip": { version: "21.3.1-2.amzn2023.0.14", size: "1.8 M", noarch: true, commands: ["/usr/bin/pip3"] },
  telnet: { version: "0.17-83.amzn2023.0.2", size: "64 k", commands: ["/usr/bin/telnet"] },
  "nmap-ncat": { version: "7.93-2.amzn2023.0.2", size: "229 k", commands: ["/usr/bin/ncat", "/usr/bin/nc"] },
  "bind-utils": { version: "9.18.33-1.amzn2023.0.2", size: "216 k", commands: ["/usr/bin/dig", "/usr/bin/nslookup"] },
  cronie: { version: "1.5.7-1.amzn2023.0.2", size: "115 k", commands: ["/usr/bin/crontab"] },
  nginx: { version: "1.28.0-1.amzn2023.0.2", size: "33 k", commands: ["/usr/sbin/nginx"] },
  httpd: { version: "2.4.65-1.amzn2023.0.1", size: "47 k", commands: ["/usr/sbin/httpd"] },
  make: { version: "4.3-5.amzn2023.0.2", size: "534 k", commands: ["/usr/bin/make"] },
  postgresql15: { version: "15.14-1.amzn2023.0.1", size: "1.7 M", commands: ["/usr/bin/psql"] },
  postgresql16: { version: "16.10-1.amzn2023.0.1", size: "1.9 M", commands: ["/usr/bin/psql"] },
  postgresql17: { version: "17.6-1.amzn2023.0.1", size: "2.0 M", commands: ["/usr/bin/psql"] },
  unzip: { version: "6.0-57.amzn2023.0.2", size: "182 k", commands: ["/usr/bin/unzip"], preinstalled: true },
  tar: { version: "1.34-1.amzn2023.0.4", size: "879 k", commands: ["/usr/bin/tar"], preinstalled: true },
  wget: { version: "1.21.3-1.amzn2023.0.4", size: "788 k", commands: ["/usr/bin/wget"], preinstalled: true },
  "curl-minimal": { version: "8.15.0-4.amzn2023.0.1", size: "163 k", commands: ["/usr/bin/curl"], preinstalled: true },
  "awscli-2": {
    version: `${versions.aws}-1.amzn2023.0.1`,
    size: "13 M",
    commands: ["/usr/bin/aws"],
    preinstalled: true,
  },
  "amazon-ssm-agent": {
    version: "3.3.3050.0-1.amzn2023",
    size: "25 M",
    preinstalled: true,
    units: [preset("amazon-ssm-agent.service", "amazon-ssm-agent", "/usr/bin/amazon-ssm-agent")],
  },
  "cloud-init": {
    version: `${versions.cloudInit}-1.amzn2023.1.15`,
    size: "1.1 M",
    noarch: true,
    preinstalled: true,
    commands: ["/usr/bin/cloud-init"],
  },
  "ecs-init": {
    version: "1.101.2-1.amzn2023",
    size: "44 M",
    units: [
      {
        ...preset(
          "ecs.service",
          "Amazon Elastic Container Service - container agent",
          "/usr/libexec/amazon-ecs-init start",
        ),
        requires: ["docker.service"],
      },
    ],
    install(disk) {
      disk.directory("/var/lib/ecs", { mode: 0o755 });
      disk.write("/etc/ecs/ecs.config", "");
    },
  },
  chrony: {
    version: "4.3-1.amzn2023.0.5",
    size: "310 k",
    preinstalled: true,
    units: [preset("chronyd.service", "NTP client/server", "/usr/sbin/chronyd -F 2")],
  },
  "openssh-server": {
    version: "8.7p1-8.amzn2023.0.15",
    size: "462 k",
    preinstalled: true,
    units: [preset("sshd.service", "OpenSSH server daemon", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")],
  },
};

/** Names that are other packages, as dnf resolves what a package provides. */
export const provided: Readonly<Record<string, string>> = {
  npm: "nodejs-npm",
  node: "nodejs",
  curl: "curl-minimal",
  awscli: "awscli-2",
  "docker-engine": "docker",
  nc: "nmap-ncat",
  "g++": "gcc-c++",
};

/** Folder of the Docker CLI's plugins that packages put theirs into (Docker's `cli-plugins/manager`). */
export const pluginFolders = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
] as const;

/**
 * Node.js of one major version. Its commands are `node-22`, `npm-22`; `node` and `npm` are made by `alternatives`
 * (https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html). npm is a weak dependency, so that dnf installs it too.
 */
function nodePackages(major: string, name = `nodejs${major}`): Record<string, Package> {
  const node = versions.node[major] ?? "";
  const release = "1.amzn2023.0.2";
  return {
    [name]: {
      version: `${node}-${release}`,
      size: "2.1 M",
      requires: [`${name}-libs`, `${name}-npm`],
      commands: [`/usr/bin/node-${major}`],
    },
    [`${name}-libs`]: { version: `${node}-${release}`, size: "16 M" },
    [`${name}-npm`]: {
      version: `${versions.npm[major]}-1.${node}.${release}`,
      size: "2.6 M",
      noarch: true,
      requires: [name],
      commands: [`/usr/bin/npm-${major}`, `/usr/bin/npx-${major}`],
    },
  };
}

function preset(name: string, description: string, command: string): Unit {
  return { name, description, wantedBy: "multi-user.target", command, preset: true };
}

/** Node.js of rpm.nodesource.com: one package with all the commands. */
function nodesource(major: string): Package {
  return {
    version: `${versions.node[major]}-1nodesource`,
    size: "37 M",
    commands: ["/usr/bin/node", "/usr/bin/npm", "/usr/bin/npx"],
    install: (disk) => disk.write("/usr/lib/node_modules/.nodesource", major),
  };
}

/** What a command of Node.js answers to `--version`; empty for other commands. */
export function versionOf(path: string, newest = "22"): string {
  const [, command, major = newest] = /\/(node|npm|npx)(?:-(\d+))?$/.exec(path) ?? [];
  if (command === undefined) return "";
  return command === "node" ? `v${versions.node[major]}` : (versions.npm[major] ?? "");
}
