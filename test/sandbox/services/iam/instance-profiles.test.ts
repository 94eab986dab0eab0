import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  GetInstanceProfileCommand,
  type IAMClient,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListInstanceProfileTagsCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  UntagInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { TRUST_EC2 } from "../ec2/fixtures.ts";

const profile = { InstanceProfileName: "dev" };
const get = async (iam: IAMClient) => (await iam.send(new GetInstanceProfileCommand(profile))).InstanceProfile;
const add = (iam: IAMClient, RoleName: string) =>
  iam.send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName }));
const take = (iam: IAMClient, RoleName: string) =>
  iam.send(new RemoveRoleFromInstanceProfileCommand({ ...profile, RoleName }));

async function withProfile() {
  const clients = await clientsOf();
  for (const RoleName of ["one", "two"]) {
    await clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST_EC2 }));
  }
  await clients.iam.send(new CreateInstanceProfileCommand({ ...profile, Tags: [{ Key: "a", Value: "b" }] }));
  return clients;
}

test("a profile is answered with the role in it", async () => {
  const { iam, world } = await withProfile();
  await add(iam, "one");
  expect(await get(iam)).toMatchObject({
    ...profile,
    Arn: `arn:aws:iam::${world.account}:instance-profile/dev`,
    InstanceProfileId: expect.stringMatching(/^AIPA/),
    Roles: [{ RoleName: "one", AssumeRolePolicyDocument: encodeURIComponent(TRUST_EC2) }],
    Tags: [{ Key: "a", Value: "b" }],
  });
});

test("a profile that is there exists already; one that is not is no entity", async () => {
  const { iam } = await withProfile();
  expect(await refusal(iam.send(new CreateInstanceProfileCommand(profile)))).toBe(
    "EntityAlreadyExists: Instance Profile dev already exists.",
  );
  const ghost = new GetInstanceProfileCommand({ InstanceProfileName: "ghost" });
  expect(await refusal(iam.send(ghost))).toBe("NoSuchEntity: Instance Profile ghost cannot be found.");
});

test("a profile holds one role only", async () => {
  const { iam } = await withProfile();
  await add(iam, "one");
  const refused = "LimitExceeded: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
  expect(await refusal(add(iam, "two"))).toBe(refused);
  expect(await refusal(add(iam, "one"))).toBe(refused);
  expect(await refusal(add(iam, "ghost"))).toMatch(/^NoSuchEntity: /);
});

test("a role that is not in the profile cannot be taken out of it", async () => {
  const { iam } = await withProfile();
  expect(await refusal(take(iam, "one"))).toMatch(/^NoSuchEntity: /);
});

test("a profile cannot be deleted while a role is in it", async () => {
  const { iam } = await withProfile();
  await add(iam, "one");
  const remove = () => iam.send(new DeleteInstanceProfileCommand(profile));
  expect(await refusal(remove())).toBe(
    "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.",
  );
  await take(iam, "one");
  await remove();
  expect(await refusal(get(iam))).toMatch(/^NoSuchEntity: /);
});

test("profiles are listed, all of them or those of a role", async () => {
  const { iam } = await withProfile();
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "another" }));
  await add(iam, "one");
  const { InstanceProfiles } = await iam.send(new ListInstanceProfilesCommand({}));
  expect(InstanceProfiles?.map(({ InstanceProfileName }) => InstanceProfileName)).toEqual(["another", "dev"]);
  const ofRole = async (RoleName: string) =>
    (await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }))).InstanceProfiles ?? [];
  expect(await ofRole("one")).toMatchObject([profile]);
  expect(await ofRole("two")).toEqual([]);
});

test("tags of a profile can be changed", async () => {
  const { iam } = await withProfile();
  await iam.send(new TagInstanceProfileCommand({ ...profile, Tags: [{ Key: "c", Value: "d" }] }));
  await iam.send(new UntagInstanceProfileCommand({ ...profile, TagKeys: ["a"] }));
  expect((await iam.send(new ListInstanceProfileTagsCommand(profile))).Tags).toEqual([{ Key: "c", Value: "d" }]);
});
