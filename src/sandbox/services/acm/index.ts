import { defineService, type Service } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { certificateTagOperations } from "./certificate-tags.ts";
import { certificateOperations } from "./certificates.ts";
import { requestOperation } from "./request-certificate.ts";

/** AWS Certificate Manager: public certificates that are validated by DNS. */
export function acm(world: World): Service {
  return world.serve(
    defineService(
      "acm",
      () => import("@aws-sdk/client-acm"),
      {
        ...requestOperation(world),
        ...certificateOperations(world),
        ...certificateTagOperations(world),
      },
      { rules: () => import("../models/acm.json", { with: { type: "json" } }) },
    ),
  );
}
