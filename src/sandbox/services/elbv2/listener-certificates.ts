import type { Certificate } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../wire/service.ts";
import type { Listener } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type ElbOperations, listenerOf, paged, validationError } from "./operation.ts";

/** Certificates of an HTTPS listener beside its default one, for other names. */
export function listenerCertificateOperations(world: World): ElbOperations {
  return {
    AddListenerCertificates: {
      accepts: ["ListenerArn", "Certificates"],
      handle({ ListenerArn, Certificates }, { region: name }) {
        const region = world.region(name);
        const listener = listenerOf(region, ListenerArn);
        if (listener.Protocol !== "HTTPS")
          throw validationError("A certificate cannot be specified for HTTP listeners");
        if (!Certificates?.length) throw validationError("A certificate must be specified");
        const added = Certificates.map((one) => checkedCertificate(region, one).CertificateArn ?? "");
        put(region, listener, [...new Set([...(listener.hidden.certificates ?? []), ...added])]);
        return { Certificates: added.map((arn) => shape(arn, false)) };
      },
    },

    RemoveListenerCertificates: {
      accepts: ["ListenerArn", "Certificates"],
      handle({ ListenerArn, Certificates = [] }, { region: name }) {
        const region = world.region(name);
        const listener = listenerOf(region, ListenerArn);
        const removed = Certificates.map(({ CertificateArn = "" }) => CertificateArn);
        if (listener.Certificates.some(({ CertificateArn = "" }) => removed.includes(CertificateArn))) {
          throw new AwsError("OperationNotPermitted", "The default certificate of a listener cannot be removed");
        }
        put(
          region,
          listener,
          (listener.hidden.certificates ?? []).filter((arn) => !removed.includes(arn)),
        );
        return {};
      },
    },

    DescribeListenerCertificates: {
      accepts: ["ListenerArn", "Marker", "PageSize"],
      handle(input, { region: name }) {
        const { Certificates, hidden } = listenerOf(world.region(name), input.ListenerArn);
        const all = [
          ...Certificates.map(({ CertificateArn = "" }) => shape(CertificateArn, true)),
          ...(hidden.certificates ?? []).map((arn) => shape(arn, false)),
        ];
        const { items, ...rest } = paged(all, input, world.pageSize);
        return { Certificates: items, ...rest };
      },
    },
  };
}

/** @throws AwsError if there is no such certificate, or it is not issued */
export function checkedCertificate(region: Region, { CertificateArn = "", IsDefault }: Certificate): Certificate {
  if (IsDefault !== undefined) throw validationError("You cannot set the isDefault parameter of a default certificate");
  const certificate = region.acm.certificates.get(CertificateArn);
  if (!certificate) throw new AwsError("CertificateNotFound", `Certificate '${CertificateArn}' not found`);
  // The words of AWS for a certificate that is only not issued yet.
  if (certificate.Status !== "ISSUED") {
    throw new AwsError(
      "UnsupportedCertificate",
      `The certificate '${CertificateArn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  }
  return { CertificateArn };
}

function put({ elbv2 }: Region, listener: Listener, certificates: string[]): void {
  elbv2.listeners.put({ ...listener, hidden: { ...listener.hidden, certificates } });
}

function shape(CertificateArn: string, IsDefault: boolean): Certificate {
  return { CertificateArn, IsDefault };
}
