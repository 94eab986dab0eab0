import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { KeyPairInfo } from "@aws-sdk/client-ec2";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordsOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { World } from "../../world/world.ts";
import { type Filters, filtered, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<KeyPairInfo> = {
  "key-pair-id": ({ KeyPairId }) => KeyPairId,
  fingerprint: ({ KeyFingerprint }) => KeyFingerprint,
  "key-name": ({ KeyName }) => KeyName,
  ...tagFilters(({ Tags }) => Tags),
};

/** Key pairs. The private half leaves with the answer and is kept by nobody. */
export function keyPairOperations(world: World): Ec2Operations {
  return {
    CreateKeyPair: changing(["KeyName", "KeyType", "KeyFormat", "TagSpecifications"], (input, { region: name }) => {
      const { keyPairs } = world.region(name).ec2;
      const { KeyName, KeyType = "rsa", KeyFormat = "pem" } = input;
      if (!KeyName) throw missingParameter("KeyName");
      if (KeyType !== "rsa" || KeyFormat !== "pem") throw notEmulated(`key pairs of type ${KeyType} as ${KeyFormat}`);
      const refuseIfThere = () => {
        if (!keyPairs.get(KeyName)) return;
        throw new AwsError("InvalidKeyPair.Duplicate", `The keypair '${KeyName}' already exists.`);
      };
      refuseIfThere();
      const Tags = tagsFor("key-pair", input.TagSpecifications);
      return async () => {
        const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
        refuseIfThere();
        const KeyFingerprint = fingerprintOf(privateKey.export({ type: "pkcs8", format: "der" }));
        const pair = { KeyName, KeyPairId: newId("key"), KeyFingerprint, Tags };
        keyPairs.put({ ...pair, KeyType, CreateTime: world.now() });
        return { ...pair, KeyMaterial: privateKey.export({ type: "pkcs1", format: "pem" }).toString() };
      };
    }),

    DeleteKeyPair: changing(["KeyName", "KeyPairId"], ({ KeyName, KeyPairId }, { region: name }) => {
      const { keyPairs } = world.region(name).ec2;
      if (!KeyName && !KeyPairId) throw missingParameter("KeyName");
      const pair = keyPairs.find((one) => one.KeyName === KeyName || one.KeyPairId === KeyPairId);
      return () => {
        // Deleting one that is not there is no error (ec2:DeleteKeyPair).
        if (pair) keyPairs.delete(pair.KeyName);
        return { Return: true, ...(pair && { KeyPairId: pair.KeyPairId }) };
      };
    }),

    DescribeKeyPairs: reading(["KeyNames", "KeyPairIds", "Filters"], (input, { region: name }) => {
      const { keyPairs } = world.region(name).ec2;
      const byName = (input.KeyNames ?? []).map((wanted) => {
        const pair = keyPairs.get(wanted);
        if (pair) return pair;
        throw new AwsError("InvalidKeyPair.NotFound", `The key pair '${wanted}' does not exist`);
      });
      const byId = { get: (id: string) => keyPairs.find(({ KeyPairId }) => KeyPairId === id) };
      const named = [...byName, ...recordsOf("keyPair", byId, input.KeyPairIds ?? [])];
      const isAsked = input.KeyNames?.length || input.KeyPairIds?.length;
      return { KeyPairs: filtered(isAsked ? named : keyPairs.all(), input.Filters, FILTERS) };
    }),
  };
}

/** As AWS forms it for keys that it made: SHA-1 of the private key (EC2, "Verify the fingerprint of your key pair"). */
function fingerprintOf(der: Buffer): string {
  const digest = createHash("sha1").update(der).digest("hex");
  return (digest.match(/../g) ?? []).join(":");
}
