import { createHash } from "node:crypto";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Kind } from "../../engine/task.ts";
import { failureOf, followRun, isUnderWay, lastRun, ownRun, pendingOf, type Run, startRun } from "../run.ts";
import { LINES_OF_FAILURE, remedyFor } from "./failures.ts";
import { type ImageToPush, pushScript } from "./image-script.ts";
import { refuseImmutable } from "./tag-of-another.ts";

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

/** What the two kinds of image have in common. */
const pushing = {
  async create(aws, desired) {
    const { instanceId } = desired;
    const script = pushScript({ ...desired, uri: uriOf(desired), region: aws.region });
    const run = await startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, wordOf(desired));
    // The repository tells what it has brought.
    if (run.status === "Success") return undefined;
    return { uri: uriOf(desired), digest: undefined, bytes: 0, run };
  },
  pending: ({ run }) => run && pendingOf(run),
  broken: ({ run }) => run && failureOf(run, LINES_OF_FAILURE),
  remedy: ({ run }) => remedyFor(run?.output ?? "", CORRECT),
  redo: true,
  follow: (aws, { run }, note, place) => (run ? followRun(aws, run, note, place) : Promise.resolve(place)),
  describe: ({ uri, digest, bytes }) =>
    digest === undefined ? uri : `${uri}, ${digest.slice(0, 19)}, ${(bytes / 1e6).toFixed(0)} MB`,
  limits: { usually: 120, ready: 2000, poll: [0.1, 5] },
} satisfies Partial<Kind<AppImageDesired, AppImage, Aws>>;

/**
 * The first image of the app, built on a machine and pushed. Any image under the tag will do: later releases push their
 * own. It goes with its repository.
 */
export const appImage: Kind<AppImageDesired, AppImage, Aws> = {
  type: "remote.app-image",
  async find(aws, desired) {
    const notYet = { uri: uriOf(desired), digest: undefined, bytes: 0 };
    const own = await ownRun(aws, desired.instanceId, NAME);
    if (own && isUnderWay(own)) return { ...notYet, run: own };
    const pushed = await pushedImage(aws, desired);
    if (pushed) return { ...pushed, uri: uriOf(desired), run: undefined };
    const run = own ?? (await lastRun(aws, desired.instanceId, NAME));
    // A push that went well and left nothing there was to a repository that is gone.
    if (!run || run.status === "Success") return undefined;
    return { ...notYet, run };
  },
  ...pushing,
};

/**
 * The image of a version: what this very source gives with these arguments, under this tag. It is there already if that was
 * what was last pushed from the machine, and the tag is still on it.
 */
export const versionImage: Kind<AppImageDesired, AppImage, Aws> = {
  type: "remote.version-image",
  async find(aws, desired) {
    const [run, pushed] = await Promise.all([lastRun(aws, desired.instanceId, NAME), pushedImage(aws, desired)]);
    if (run?.what !== wordOf(desired)) {
      if (pushed) await refuseImmutable(aws, desired.repositoryName, desired.tag);
      return undefined;
    }
    if (run.status !== "Success") return { uri: uriOf(desired), digest: undefined, bytes: 0, run };
    // Run Command forgets after a month what was pushed; then the tag has to do.
    const digest = DIGEST.exec(run.output)?.[1] ?? pushed?.digest;
    if (pushed?.digest === digest && pushed) return { ...pushed, uri: uriOf(desired), run: undefined };
    if (pushed) await refuseImmutable(aws, desired.repositoryName, desired.tag);
    return undefined;
  },
  ...pushing,
};

const CORRECT = "Correct what the lines above say in the app's source, then run the same command again.";

/** What `docker push` says last, e.g. `latest: digest: sha256:... size: 1234`. */
const DIGEST = /^\S+: digest: (sha256:[0-9a-f]{64})/m;

/** The word of a receipt: what was built, and under which tag it was pushed. */
function wordOf({ tag, version, buildArgs, repositoryUri }: AppImageDesired): string {
  const built = JSON.stringify([version, Object.entries(buildArgs).sort(), repositoryUri]);
  return `${tag}:${createHash("sha256").update(built).digest("hex").slice(0, 16)}`;
}

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
