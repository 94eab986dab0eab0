import { programs } from "./commands/index.ts";
import { rootUuid } from "./facts.ts";
import { memoryOf } from "./memory.ts";
import { catalogue, versions } from "./packages.ts";
import type { System } from "./system.ts";

/** Commands of just-bash that Amazon Linux 2023 has too. What is not here is "command not found", as it is there. */
export const imageCommands: readonly string[] = (
  "alias awk base64 basename cat chmod clear column comm cp cut date diff dirname du echo egrep expand expr false " +
  "fgrep file find fold grep gunzip gzip head join ln md5sum mkdir mv nl od paste printf pwd readlink rev rm " +
  "rmdir sed seq sha1sum sha256sum sleep sort split strings tac tail tar tee time timeout touch tr true unalias unexpand " +
  "uniq wc which xargs zcat history"
).split(" ");

/** Our own commands that come with the image; those of packages come with their package. */
const notInImage = new Set(Object.values(catalogue).flatMap(({ commands = [] }) => commands.map(nameOf)));

const passwd = `root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin
systemd-network:x:192:192:systemd Network Management:/:/usr/sbin/nologin
dbus:x:81:81:System message bus:/:/sbin/nologin
sshd:x:74:74:Privilege-separated SSH:/usr/share/empty.sshd:/sbin/nologin
chrony:x:997:994::/var/lib/chrony:/sbin/nologin
ec2-user:x:1000:1000:EC2 Default User:/home/ec2-user:/bin/bash
`;

const group = `root:x:0:
bin:x:1:
daemon:x:2:
sys:x:3:
adm:x:4:ec2-user
tty:x:5:
disk:x:6:
wheel:x:10:ec2-user
users:x:100:
nobody:x:65534:
systemd-journal:x:190:ec2-user
systemd-network:x:192:
dbus:x:81:
sshd:x:74:
chrony:x:994:
ec2-user:x:1000:
`;

const osRelease = `NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PLATFORM_ID="platform:al2023"
PRETTY_NAME="Amazon Linux ${versions.release}"
ANSI_COLOR="0;33"
CPE_NAME="cpe:2.3:o:amazon:amazon_linux:2023"
HOME_URL="https://aws.amazon.com/linux/amazon-linux-2023/"
DOCUMENTATION_URL="https://docs.aws.amazon.com/linux/"
SUPPORT_URL="https://aws.amazon.com/premiumsupport/"
BUG_REPORT_URL="https://github.com/amazonlinux/amazon-linux-2023"
VENDOR_NAME="AWS"
VENDOR_URL="https://aws.amazon.com/"
SUPPORT_END="2029-06-30"
`;

/** Fills an empty disk with what a machine of the Amazon Linux 2023 AMI has after its first boot. */
export function buildImage(system: System): void {
  const { disk, facts } = system;
  for (const folder of [
    "/boot",
    "/etc/systemd/system",
    "/media",
    "/mnt",
    "/opt",
    "/srv",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/lib/systemd/system",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/var/lib/cloud",
    "/var/log",
    "/etc/yum.repos.d",
    "/etc/profile.d",
    "/dev",
    "/sys",
  ]) {
    disk.directory(folder);
  }
  for (const [link, target] of [
    ["/bin", "usr/bin"],
    ["/sbin", "usr/sbin"],
    ["/lib", "usr/lib"],
    ["/lib64", "usr/lib"],
    ["/var/run", "../run"],
  ] as const) {
    disk.put(link, disk.newLink(target));
  }
  disk.directory("/root", { mode: 0o550 });
  disk.directory("/tmp", { mode: 0o1777 });
  disk.directory("/var/tmp", { mode: 0o1777 });
  disk.directory("/home/ec2-user", { mode: 0o700, uid: 1000, gid: 1000 });
  for (const home of [
    { path: "/home/ec2-user", owner: { uid: 1000, gid: 1000 } },
    { path: "/root", owner: {} },
  ]) {
    disk.write(`${home.path}/.bashrc`, "# .bashrc\n", home.owner);
    disk.write(`${home.path}/.bash_profile`, "# .bash_profile\n", home.owner);
  }
  disk.write("/etc/passwd", passwd);
  disk.write("/etc/group", group);
  disk.write("/etc/shadow", "", { mode: 0 });
  disk.write("/etc/os-release", osRelease);
  disk.write("/etc/system-release", `Amazon Linux release ${versions.release} (Amazon Linux)\n`);
  disk.write("/etc/amazon-linux-release", `Amazon Linux release ${versions.release} (Amazon Linux)\n`);
  disk.write("/etc/hostname", `${facts.hostname}\n`);
  disk.write(
    "/etc/hosts",
    "127.0.0.1   localhost localhost.localdomain localhost4 localhost4.localdomain4\n::1         localhost6 localhost6.localdomain6\n",
  );
  disk.write("/etc/resolv.conf", "nameserver 172.31.0.2\nsearch ec2.internal\n");
  disk.write("/etc/shells", "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n");
  disk.write("/etc/sudoers", "root ALL=(ALL) ALL\n%wheel ALL=(ALL) ALL\n", { mode: 0o440 });
  disk.write("/etc/sudoers.d/90-cloud-init-users", "ec2-user ALL=(ALL) NOPASSWD:ALL\n", { mode: 0o440 });
  disk.write("/etc/fstab", `#\nUUID=${rootUuid}     /           xfs    defaults,noatime  1   1\n`);
  for (const device of ["null", "zero", "urandom", "random", "full", "tty", "console"]) {
    disk.write(`/dev/${device}`, "", { mode: 0o666 });
  }
  buildProc(system);
  for (const name of imageCommands) system.addCommand(`/usr/bin/${name}`);
  for (const name of Object.keys(programs)) {
    if (!notInImage.has(name) && !isVersioned(name)) system.addCommand(pathOf(name));
  }
  for (const [name, { preinstalled, units = [] }] of Object.entries(catalogue)) {
    if (!preinstalled && !facts.packages?.includes(name)) continue;
    system.install(name);
    for (const unit of units.filter(({ preset }) => preset)) {
      system.setEnabled(unit, true);
      system.start(unit);
    }
  }
  disk.seal();
}

/** Files of /proc, made anew on every read. */
function buildProc(system: System): void {
  const { disk, facts } = system;
  const generated = (path: string, generate: () => string) => {
    disk.write(path, "", { mode: 0o444 }).generate = generate;
  };
  generated("/proc/cpuinfo", () => Array.from({ length: facts.vcpus }, (_, cpu) => `processor\t: ${cpu}\n\n`).join(""));
  generated("/proc/version", () => `Linux version ${versions.kernel}.${system.architecture}\n`);
  generated("/proc/uptime", () => `${((Date.now() - system.bootedAt) / 1000).toFixed(2)} 0.00\n`);
  generated("/proc/loadavg", () => "0.00 0.00 0.00 1/120 1600\n");
  generated("/proc/swaps", () => {
    const rows = system.swaps.map(
      ({ path, bytes, priority }) => `${path.padEnd(39)} file\t\t${bytes / 1024}\t\t0\t\t${priority}\n`,
    );
    return `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${rows.join("")}`;
  });
  generated("/proc/meminfo", () => {
    const { total, free, available, cached, swap } = memoryOf(system);
    const fields = {
      MemTotal: total,
      MemFree: free,
      MemAvailable: available,
      Cached: cached,
      SwapTotal: swap,
      SwapFree: swap,
    };
    return Object.entries(fields)
      .map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`)
      .join("");
  });
}

const administrative = new Set(
  "groupadd groupdel mkswap poweroff reboot runuser shutdown swapoff swapon useradd userdel usermod".split(" "),
);

function pathOf(name: string): string {
  return `/usr/${administrative.has(name) ? "sbin" : "bin"}/${name}`;
}

/** Commands such as `node-22`, which packages bring. */
function isVersioned(name: string): boolean {
  return /^(node|npm|npx)(-\d+)?$/.test(name);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
