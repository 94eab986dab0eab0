import type * as ecr from "@aws-sdk/client-ecr";
import type { Known } from "./known.ts";

/** Without its images: they are records of their own. */
export type Repository = Known<
  ecr.Repository,
  "repositoryName" | "repositoryArn" | "repositoryUri" | "registryId" | "createdAt" | "imageTagMutability"
> & {
  hidden: {
    tags: ecr.Tag[];
    /** JSON, as it was put. */
    lifecyclePolicy?: string;
    /** When images were last expired by it. */
    evaluatedAt?: Date;
  };
};

/** A blob that a repository has although none of its images is made of it (yet): it was just pushed, or mounted. */
export interface LooseBlob {
  repositoryName: string;
  digest: string;
  since: Date;
}

/** What was pushed to a repository. Its layers are in the registry's files, which services do not see. */
export type RepositoryImage = Known<
  ecr.ImageDetail,
  "repositoryName" | "registryId" | "imageDigest" | "imageSizeInBytes" | "imagePushedAt"
> & {
  /** Empty: it is kept without a tag. */
  imageTags: string[];
  hidden: {
    /** JSON, byte for byte as it was pushed: `imageDigest` is that of this text. */
    manifest: string;
  };
};

/** What the registry of a region signs its passwords with. */
export interface RegistryKey {
  registryId: string;
  key: string;
}
