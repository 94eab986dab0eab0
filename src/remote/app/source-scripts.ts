/** Scripts that bring the app's source onto a machine: bash, run as root. Values that stand in them are checked before. */
import { createHash } from "node:crypto";

/** Where transfers are collected on the machine, and what was put there last is remembered. */
const STATE = "/var/lib/bia-infra/app-source";
/** Characters of a line of base64; the shells of machines read long lines slowly. */
const LINE = 4000;

/** Writes one part of a transfer to a file, whose name it only gets once it is whole. */
export function receiveScript(attempt: string, number: number, part: string): string {
  const file = `${STATE}/${attempt}/${number}`;
  const hash = createHash("sha256").update(Buffer.from(part, "base64")).digest("hex");
  return `umask 077
mkdir -p ${STATE}/${attempt}
base64 -d > ${file}.part <<'END-OF-PART' || true
${part.replace(new RegExp(`.{${LINE}}`, "g"), "$&\n").trimEnd()}
END-OF-PART
if ! echo "${hash}  ${file}.part" | sha256sum --check > /dev/null || ! mv ${file}.part ${file}; then
  : > ${file}.failed
  echo "Part ${number} of the app's source could not be written:"
  df -h /
  exit 1
fi
`;
}

/** A transfer to be put together. */
export interface Transfer {
  readonly attempt: string;
  readonly parts: number;
  /** SHA-256 of the whole archive, in hex. */
  readonly hash: string;
  readonly folder: string;
  readonly user: string;
}

/**
 * Waits for all parts (commands may overtake each other), unpacks them and puts the result in the place of the app's
 * folder, unless that holds the same already.
 */
export function unpackScript({ attempt, parts, hash, folder, user }: Transfer): string {
  const numbers = Array.from({ length: parts }, (_, index) => index + 1);
  const files = numbers.map((number) => `"$parts/${number}"`).join(" ");
  return `parts=${STATE}/${attempt}
new=${folder}.new-${attempt}
trap 'rm -rf ${STATE}/${attempt} ${folder}.new-${attempt}' EXIT
if [ "$(cat ${STATE}/last 2> /dev/null || true)" = ${attempt} ]; then echo "this was done already"; exit 0; fi
looks=0
for part in ${numbers.join(" ")}; do
  until [ -e "$parts/$part" ]; do
    if [ -e "$parts/$part.failed" ]; then echo "Part $part could not be written:"; df -h /; exit 1; fi
    looks=$((looks + 1))
    if [ "$looks" -gt 600 ]; then echo "Part $part of ${parts} did not arrive within two minutes."; exit 1; fi
    sleep 0.2
  done
done
cat ${files} > "$parts/archive"
if ! echo "${hash}  $parts/archive" | sha256sum --check > /dev/null; then
  echo "The parts do not make up what was sent."
  exit 1
fi
mkdir "$new"
tar -xzf "$parts/archive" -C "$new"
chown -R ${user}:${user} "$new"
chmod 755 "$new"
${replaceFolder(folder)}
echo ${attempt} > ${STATE}/last
for other in ${STATE}/*-*; do
  [ "$other" = "$parts" ] || rm -rf "$other"
done
echo "the app's source is in ${folder}"
`;
}

/** A git repository to be fetched. */
export interface Checkout {
  readonly git: string;
  readonly ref?: string;
  readonly folder: string;
  readonly user: string;
}

/**
 * Fetches one commit and checks it out. The user's own clone is updated in place, which git refuses where that would
 * lose changes; anything else that is there is replaced by a new clone.
 */
export function checkoutScript({ git, ref = "HEAD", folder, user }: Checkout): string {
  return `mkdir -p ${STATE}
as_user() { sudo -H -u ${user} "$@"; }
checkout() {
  as_user git -C "$1" fetch --depth 1 origin '${ref}'
  as_user git -C "$1" checkout --quiet --detach FETCH_HEAD
}
if [ "$(as_user git -C ${folder} remote get-url origin 2>/dev/null || true)" = '${git}' ]; then
  checkout ${folder}
else
  new=${folder}.new
  rm -rf "$new"
  as_user git init --quiet "$new"
  as_user git -C "$new" remote add origin '${git}'
  checkout "$new"
${replaceFolder(folder)}
fi
echo "the app's source is in ${folder}: $(as_user git -C ${folder} rev-parse --short HEAD)"
`;
}

/**
 * Puts \`$new\` in the place of the app's folder. What is there is only deleted when it is just as we had put it there:
 * otherwise a person has worked on it, and it is kept under another name.
 */
function replaceFolder(folder: string): string {
  return `list() {
  (cd "$1" && find . -type f ! -path './.git/*' ! -path './node_modules/*' ! -path './dist/*' ! -name .env | LC_ALL=C sort | xargs -d '\\n' sha256sum)
}
list "$new" > ${STATE}/new.list
if [ -e ${folder} ] && list ${folder} > ${STATE}/there.list && diff -q ${STATE}/new.list ${STATE}/there.list > /dev/null; then
  rm -rf "$new"
elif [ -e ${folder} ]; then
  if [ -e ${folder}/.env ]; then cp -p ${folder}/.env "$new/.env"; fi
  old=${folder}.before-$(date -u +%Y%m%d-%H%M%S)
  mv ${folder} "$old"
  mv "$new" ${folder}
  if [ -e ${STATE}/put.list ] && diff -q ${STATE}/put.list ${STATE}/there.list > /dev/null; then
    rm -rf "$old"
  else
    echo "kept what was changed on the machine: $old"
  fi
else
  mv "$new" ${folder}
fi
mv ${STATE}/new.list ${STATE}/put.list`;
}
