/** An image's name taken apart. */
export interface Reference {
  /** Without tag and digest; docker hub's own parts are left out, as docker prints it. */
  readonly name: string;
  /** `latest` unless given; undefined with a digest alone. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const PATTERN = /^([a-z0-9][a-z0-9._\-/:]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Undefined: it is no image's name. */
export function parseReference(reference: string): Reference | undefined {
  const [, full, tag, digest] = PATTERN.exec(reference) ?? [];
  if (full === undefined || full.endsWith("/") || /:\D*$/.test(full)) return undefined;
  const name = full.replace(/^(?:(?:index\.)?docker\.io\/)(?:library\/)?/, "").replace(/^library\//, "");
  return { name, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

/** `name:tag` */
export function nameOf({ name, tag }: Reference): string {
  return `${name}:${tag ?? "latest"}`;
}

/** The last part of a name: `node` of `public.ecr.aws/docker/library/node`. */
export function repositoryOf({ name }: Reference): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
