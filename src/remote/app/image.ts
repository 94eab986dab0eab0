import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Kind } from "../../engine/task.ts";
import { failureOf, followRun, lastRun, pendingOf, type Run, startRun } from "../run.ts";
import { LINES_OF_FAILURE, remedyFor } from "./failures.ts";
import { type ImageToPush, pushScript } from "./image-script.ts";

/** An image of the app under a tag of a repository. */
export interface AppImageDesired extends Omit<ImageToPush, "uri" | "region"> {
  /** The machine that builds it, with the app's source in `folder`. */
  readonly instanceId: string;
  readonly repositoryName: string;
  /** `HOST/NAME` */
  readonly repositoryUri: string;
  readonly tag: string;
  /** The version of the source that it is built from, in one word. */
  readonly version: string;
}

/** The image as the repository has it, or how far its push is. */
export interface AppImage {
  /** What it is pulled by: `HOST/NAME:TAG`. */
  readonly uri: string;
  /** Digest of its manifest, `sha256:...`; undefined: it is not there yet. */
  readonly digest: string | undefined;
  /** Compressed, as the repository keeps it. */
  readonly bytes: number;
  /** The push that is to bring it; undefined once it is there. */
  readonly run: Run | undefined;
}

const NAME = "app-image";
/** Seconds that building and pushing may take on the smallest machine. */
const TIMEOUT = 1800;

/**
 * The first image of the app, built on a machine and pushed. Any image under the tag will do: later releases push their
 * own. It goes with its repository.
 */
export const appImage: Kind<AppImageDesired, AppImage, Aws> = {
  type: "remote.app-image",
  async find(aws, desired) {
    const pushed = await pushedImage(aws, desired);
    if (pushed) return { ...pushed, uri: uriOf(desired), run: undefined };
    const run = await lastRun(aws, desired.instanceId, NAME);
    // A push that went well and left nothing there was to a repository that is gone.
    if (!run || run.status === "Success") return undefined;
    return { uri: uriOf(desired), digest: undefined, bytes: 0, run };
  },
  create(aws, desired) {
    const { instanceId, version } = desired;
    const script = pushScript({ ...desired, uri: uriOf(desired), region: aws.region });
    return startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, version);
  },
  pending: ({ run }) => run && pendingOf(run),
  broken: ({ run }) => run && failureOf(run, LINES_OF_FAILURE),
  remedy: ({ run }) => remedyFor(run?.output ?? "", CORRECT),
  redo: true,
  follow: (aws, { run }, note, place) => (run ? followRun(aws, run, note, place) : Promise.resolve(place)),
  describe: ({ uri, digest, bytes }) =>
    digest === undefined ? uri : `${uri}, ${digest.slice(0, 19)}, ${(bytes / 1e6).toFixed(0)} MB`,
  limits: { usually: 120, ready: 2000, poll: [0.3, 5] },
};

const CORRECT = "Correct what the lines above say in the app's source, then run the same command again.";

function uriOf({ repositoryUri, tag }: AppImageDesired): string {
  return `${repositoryUri}:${tag}`;
}

async function pushedImage(
  { ecr }: Aws,
  { repositoryName, tag }: AppImageDesired,
): Promise<Pick<AppImage, "digest" | "bytes"> | undefined> {
  try {
    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
    );
    const { imageDigest, imageSizeInBytes = 0 } = imageDetails?.[0] ?? {};
    return imageDigest === undefined ? undefined : { digest: imageDigest, bytes: imageSizeInBytes };
  } catch (error) {
    if (isCode(error, "ImageNotFoundException", "RepositoryNotFoundException")) return undefined;
    throw error;
  }
}
