import { posix } from "node:path";
import type { LayerEntry } from "../../image/layer.ts";
import { FOLDER } from "../../packages/places.ts";

const BUNDLE = "redis.cjs";

/** As in the image: options alone, or a file of the configuration, are redis-server's. */
const ENTRYPOINT = `#!/bin/sh
set -e
case "$1" in
  -*|*.conf) set -- redis-server "$@" ;;
esac
exec "$@"
`;

/** The files of the images of redis and valkey, given the code of the program that stands for them. */
export function redisFiles(program: string, name: "redis" | "valkey"): LayerEntry[] {
  const file = (path: string, text: string, mode: number): LayerEntry => {
    return { path, type: "file", mode, content: Buffer.from(text) };
  };
  const commands = ["server", "cli"].flatMap((what): LayerEntry[] => {
    const script = `${FOLDER}/redis-${what}.cjs`;
    const names = new Set([`redis-${what}`, `${name}-${what}`]);
    return [
      file(script, `#!/usr/bin/env node\nrequire("./${BUNDLE}");\n`, 0o755),
      ...[...names].map((one): LayerEntry => {
        const path = `usr/local/bin/${one}`;
        return { path, type: "symlink", target: posix.relative(posix.dirname(path), script) };
      }),
    ];
  });
  return [
    ...["data", "usr/lib", FOLDER].map((path): LayerEntry => ({ path, type: "directory", mode: 0o755 })),
    file(`${FOLDER}/${BUNDLE}`, program, 0o644),
    file("usr/local/bin/docker-entrypoint.sh", ENTRYPOINT, 0o755),
    ...commands,
  ];
}
