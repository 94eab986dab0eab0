import * as z from "zod";
import { architectureFits, architecturesDiffer, evenIfWrong, ingress, managedPolicies } from "../rules.ts";
import * as value from "../values.ts";

/** Where bia tells its version, which a release is held against; an app that is asked at another path need not tell one. */
export const VERSION_PATH = "/api/versao";

/** Variables of the instance on which one works. */
export const devMachine = z
  .strictObject({
    /** Its tag Name, by which it is found. Default `bia-dev`. */
    name: value.tagValue().default("bia-dev"),
    /** Default `t3.micro`: 2 vCPU, 1 GiB. Graviton types (t4g ...) need an arm64 image. */
    instanceType: value.instanceType().default("t3.micro"),
    /** The image, as the public SSM parameter that holds its id. Default: the newest Amazon Linux 2023, x86_64. */
    imageParameter: value
      .imageParameter()
      .default("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
    /** The letter of its zone. Default `a`. */
    zone: value.zone().default("a"),
    rootVolume: z
      .strictObject({
        /** GiB; 8 is the size of the image itself. It holds the swap file and every container image. Default 15. */
        size: value.whole(8, 16_384, "GiB").default(15),
        /** Default `gp2`. */
        type: value.volumeType().default("gp2"),
      })
      .prefault({}),
    /** GiB of swap, which building the app needs on a machine with 1 GiB of memory. Default 4; 0 is none. */
    swapSize: value.whole(0, 64, "GiB").default(4),
    /** The release of the Docker Compose plugin that is installed, one before v2.40.2. Default `v2.23.3`. */
    composeVersion: value.composeVersion().default("v2.23.3"),
    /** The port on which the app answers on this machine. Default 3001. */
    appPort: value.port().default(3001),
    securityGroup: z
      .strictObject({
        /** Default `bia-dev`. */
        name: value.securityGroupName().default("bia-dev"),
        /** Cannot be changed once the group exists. */
        description: value.securityGroupDescription().default("Acesso da maquina de trabalho"),
        /** Its tag Name. Default `sgCurso117`. */
        nameTag: value.tagValue().default("sgCurso117"),
        /** Who may reach the machine. Default: everybody, on tcp 3001. Shells need no port: they come through SSM. */
        ingress: ingress.default([
          { protocol: "tcp", port: 3001, cidr: "0.0.0.0/0", description: "Liberado para o mundo" },
        ]),
      })
      .prefault({}),
    role: z
      .strictObject({
        /** Default `role-acesso-ssm`. */
        name: value.roleName().default("role-acesso-ssm"),
        /** Default: what SSM, ECS and pushing to ECR need. */
        managedPolicies: managedPolicies.default([
          "AmazonSSMManagedInstanceCore",
          "AmazonECS_FullAccess",
          "AmazonEC2ContainerRegistryFullAccess",
        ]),
        /** The instance profile that holds the role. Default `role-acesso-ssm`. */
        instanceProfile: value.instanceProfileName().default("role-acesso-ssm"),
      })
      .prefault({}),
  })
  .refine(({ swapSize, rootVolume }) => !(swapSize + 8 > rootVolume?.size), {
    path: ["swapSize"],
    error: "at most rootVolume.size less the 8 GiB of the system: the swap file lies on the root volume",
    when: evenIfWrong,
  })
  .refine((machine) => !architecturesDiffer(machine), architectureFits);

/** Variables of the app that is built there. */
export const app = z.strictObject({
  /**
   * Where the app comes from that the work machine builds: a folder of this computer, as a path from this file, or a git
   * repository that the machine can read without a password. Of a branch the commit is taken that it is at when it is
   * fetched; `bia-infra dev up --again` fetches it anew. A folder holds a compose file, travels without what its `.dockerignore`
   * names, and may be 5.7 MB packed; a repository may be of any size. Absent: the bia app that comes with bia-infra.
   */
  source: z
    .union([
      value.folder(),
      z.strictObject({
        /** Its https URL, without a user or a password. */
        git: value.gitUrl(),
        /** A branch, a tag or a whole commit id. Absent: the repository's default branch. */
        ref: value.gitRef().optional(),
      }),
    ])
    .describe("the path of a folder, or { git, ref }")
    .optional(),
  /**
   * What its compose file finds in the `.env` beside it on the work machine, by name; no secrets, which `bia-infra dev env set NAME`
   * puts there. `{}`: those alone. Absent: no `.env` is written.
   */
  env: z
    .record(value.environmentName(), value.environmentValue())
    .describe("names of variables with their texts")
    .optional(),
  /** The service of its compose file that serves it. Default `server`. */
  service: value.composeService().default("server"),
  /** How one knows that it is up on the work machine. Default: as bia is known. */
  health: z
    .strictObject({
      /** The path that it answers with 200. Default `/api/versao`. */
      path: value.urlPath().default(VERSION_PATH),
      /** What stands in that answer; an empty text is in any. Default `Bia`. */
      text: z.string().default("Bia"),
      /** A path that it answers with 200 only when its database is migrated. Default `/api/tarefas`. */
      data: value.urlPath().default("/api/tarefas"),
    })
    .prefault({}),
  /**
   * The command that migrates the app's database, word by word, in a container of the app; `deploy-version --migrate` runs it, too. With
   * sequelize the database is created first. `false`: there is nothing to migrate. Default `npx sequelize db:migrate`.
   */
  migrate: z
    .union([z.array(z.string().min(1)).min(1), z.literal(false)])
    .describe("the words of a command, or false")
    .default(["npx", "sequelize", "db:migrate"]),
});
