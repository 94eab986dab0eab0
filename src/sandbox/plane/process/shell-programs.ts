import type { CommandName } from "just-bash";

/** Programs of the shell that are also in a slim node image; others are not found, as they would not be there. */
const names = `
awk base64 basename bash cat chmod clear column comm cp cut date diff dirname du echo egrep env expand expr false fgrep
find fold grep gunzip gzip head hostname join ln ls md5sum mkdir mv nl od paste printf pwd readlink rev rm
rmdir sed seq sh sha1sum sha256sum sleep sort split stat tac tail tar tee timeout touch tr true tsort unexpand uniq wc
which whoami xargs zcat
`;

export const bundledPrograms = names.trim().split(/\s+/) as CommandName[];

/** Of ours, because just-bash has none. */
export const ownPrograms = ["chown", "chgrp", "id", "uname", "sync", "printenv", "df"] as const;

export const shellPrograms: ReadonlySet<string> = new Set([...bundledPrograms, ...ownPrograms, "test", "["]);

/** What the shell does itself. */
export const shellBuiltins: ReadonlySet<string> = new Set(
  `. : [ [[ alias break builtin cd command compgen continue declare dirs enable eval exec exit export getopts hash help
  jobs kill let local mapfile popd pushd read readarray readonly return set shift shopt source test times trap true
  type typeset ulimit umask unalias unset wait`.split(/\s+/),
);
