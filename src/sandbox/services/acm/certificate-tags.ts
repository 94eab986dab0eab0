import type { World } from "../../world/world.ts";
import { type AcmOperations, certificateOf, mergedTags } from "./operation.ts";

/** Tags of certificates. */
export function certificateTagOperations(world: World): AcmOperations {
  return {
    AddTagsToCertificate: {
      accepts: ["CertificateArn", "Tags"],
      handle({ CertificateArn, Tags = [] }, { region: name }) {
        const region = world.region(name);
        const certificate = certificateOf(region, CertificateArn);
        const tags = mergedTags(certificate.hidden.tags, Tags);
        region.acm.certificates.put({ ...certificate, hidden: { ...certificate.hidden, tags } });
        return {};
      },
    },

    RemoveTagsFromCertificate: {
      accepts: ["CertificateArn", "Tags"],
      handle({ CertificateArn, Tags = [] }, { region: name }) {
        const region = world.region(name);
        const certificate = certificateOf(region, CertificateArn);
        // A tag whose value is given only goes if it has that value. (acm:RemoveTagsFromCertificate)
        const isRemoved = (key?: string, value?: string) =>
          Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
        const tags = certificate.hidden.tags.filter(({ Key, Value }) => !isRemoved(Key, Value));
        region.acm.certificates.put({ ...certificate, hidden: { ...certificate.hidden, tags } });
        return {};
      },
    },

    ListTagsForCertificate: {
      accepts: ["CertificateArn"],
      handle: ({ CertificateArn }, { region }) => ({
        Tags: certificateOf(world.region(region), CertificateArn).hidden.tags,
      }),
    },
  };
}
