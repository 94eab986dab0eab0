import { notEmulated } from "../../wire/service.ts";
import { registryHost, registryPassword } from "../../world/registry.ts";
import type { World } from "../../world/world.ts";
import type { EcrOperations } from "./operation.ts";

/** Passwords for docker. */
export function authorizationOperations(world: World): EcrOperations {
  return {
    GetAuthorizationToken: {
      // Which registries is without meaning: the token is for all that the caller may use (ecr:GetAuthorizationToken).
      accepts: ["registryIds"],
      handle({ registryIds = [] }, { account, caller, region }) {
        if (registryIds.some((id) => id !== account)) throw notEmulated("registries of other accounts");
        const { password, expiresAt } = registryPassword(world, region, caller.arn);
        const authorizationToken = Buffer.from(`AWS:${password}`).toString("base64");
        return {
          authorizationData: [
            { authorizationToken, expiresAt, proxyEndpoint: `https://${registryHost(account, region)}` },
          ],
        };
      },
    },
  };
}
