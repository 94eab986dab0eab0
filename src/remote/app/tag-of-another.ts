import type { Aws } from "../../aws/clients.ts";
import { isImmutable } from "../../aws/images.ts";
import { Explained } from "../../engine/errors.ts";

/**
 * Looks whether a tag that is on another image can be moved.
 *
 * @throws {Explained} the repository keeps its tags as they are
 */
export async function refuseImmutable(aws: Aws, repository: string, tag: string): Promise<void> {
  if (!(await isImmutable(aws, repository, tag))) return;
  throw new Explained(
    `${repository}:${tag} is there already, of another source or other build arguments, and the repository keeps its tags as they are (IMMUTABLE)`,
    "Give the version another --tag, or put the service on the image that is there: --builder none.",
  );
}
