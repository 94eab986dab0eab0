/**
 * What packages of Debian, Alpine and Amazon Linux bring: their commands, those that work in a container of the sandbox (`working`) and
 * those that are refused by name when they are called. A package without any is a library, or data, that nothing here
 * would load.
 */
const COMMANDS = `
curl: curl
wget: wget
bash: bash
tini: tini
dumb-init: dumb-init
su-exec: su-exec
gosu: gosu
netcat: nc
netcat-openbsd: nc
netcat-traditional: nc
nmap-ncat: nc
ncat: nc
postgresql-client: psql pg_isready pg_dump pg_restore
git: git
openssh-client: ssh ssh-keygen scp
openssh-server: sshd
openssh: ssh sshd
python3: python3
python: python
python-is-python3: python
python3-pip: pip3 pip
py3-pip: pip3 pip
python3-venv:
python3-dev:
build-essential: gcc g++ make
build-base: gcc g++ make
gcc: gcc
g++: g++
clang: clang
make: make
cmake: cmake
ninja-build: ninja
autoconf: autoconf
automake: automake
pkg-config: pkg-config
pkgconf: pkg-config
jq: jq
zip: zip
unzip: unzip
xz-utils: xz
xz: xz
bzip2: bzip2
tree: tree
rsync: rsync
vim: vim
vim-tiny: vi
nano: nano
less: less
htop: htop
stress: stress
procps: ps top free
psmisc: killall
lsof: lsof
strace: strace
sudo: sudo
cron: cron crontab
dcron: crond
supervisor: supervisord supervisorctl
nginx: nginx
apache2: apache2
redis: redis-server redis-cli
redis-server: redis-server
redis-tools: redis-cli
default-mysql-client: mysql
mariadb-client: mysql
mysql-client: mysql
sqlite3: sqlite3
sqlite: sqlite3
openssl: openssl
gnupg: gpg
gnupg2: gpg
gpg: gpg
lsb-release: lsb_release
iputils-ping: ping
iputils: ping
dnsutils: dig nslookup
bind-tools: dig nslookup
iproute2: ip ss
net-tools: netstat ifconfig
telnet: telnet
busybox-extras: telnet
tcpdump: tcpdump
socat: socat
imagemagick: convert
graphicsmagick: gm
ghostscript: gs
ffmpeg: ffmpeg
chromium: chromium chromium-browser
chromium-browser: chromium
default-jre: java
default-jre-headless: java
openjdk11-jre: java
openjdk17-jre: java
php: php
ruby: ruby
perl: perl
golang: go
go: go
patch: patch
file: file
gettext: envsubst
gettext-base: envsubst
envsubst: envsubst
locales: locale-gen
shadow: useradd groupadd usermod
nodejs: 
npm: 
yarn: 
awscli: aws
aws-cli: aws
docker.io: docker
docker-cli: docker
watchman: watchman
inotify-tools: inotifywait
`;

/** Packages that are no commands: certificates, time zones, fonts, libraries and what compilers read. */
const WITHOUT_COMMANDS = new RegExp(
  `^(${[
    "ca-certificates|tzdata|apt-transport-https|apt-utils|software-properties-common|debconf-utils|dirmngr|gnupg-agent|coreutils",
    "findutils|grep|sed|gawk|tar|gzip|util-linux|busybox|libc6-compat|gcompat|musl(-.*)?|linux-headers(-.*)?|alpine-sdk|nss|freetype",
    "harfbuzz|cairo|pango|jpeg|giflib|pixman|vips(-.*)?|icu-.*|fontconfig|font-.*|fonts-.*|ttf-.*|ttfautohint|mesa-.*|alsa-.*|xvfb",
    "openssl-.*|zlib.*|protobuf.*|nasm|yasm|libtool|ssl-cert|manpages.*|procps-ng|eudev.*|udev|wait4ports|python3-.*|py3-.*",
    "lib[a-z0-9+.-]+|.*-(dev|doc|data|common|libs?)",
  ].join("|")})$`,
);

/** Commands that work. */
export const working: ReadonlySet<string> = new Set(
  "curl wget nc jq stress pg_isready psql yarn yarnpkg pnpm pnpx corepack bash tini dumb-init su-exec gosu".split(" "),
);

const commandsOf = new Map(
  COMMANDS.trim()
    .split("\n")
    .map((line): [string, string[]] => {
      const [name = "", commands = ""] = line.split(/:\s*/);
      return [name, commands.split(" ").filter((command) => command !== "")];
    }),
);

/** The commands of a package; undefined: the sandbox knows no package of this name. */
export function commandsIn(name: string): readonly string[] | undefined {
  const known = commandsOf.get(name) ?? commandsOf.get(name.replace(/-?\d+$/, ""));
  return known ?? (WITHOUT_COMMANDS.test(name) ? [] : undefined);
}

/** Commands of every node image (https://github.com/nodejs/docker-node). */
export const nodeCommands = ["yarn", "yarnpkg", "corepack"];
/** Commands of the images that are more than slim (buildpack-deps: https://hub.docker.com/_/buildpack-deps). */
export const buildpackDeps =
  "curl wget git ssh python3 gcc g++ make gpg openssl unzip perl patch file autoconf automake".split(" ");
/** Commands of Alpine's busybox that the shell has not itself. */
export const busybox = ["wget", "nc"];
