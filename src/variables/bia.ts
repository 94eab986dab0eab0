import path from "node:path";
import * as z from "zod";
import { shared } from "./shared.ts";
import * as value from "./values.ts";
import { type Variant, withDefaults } from "./variant.ts";

/**
 * The variables of the bia stack. Every one has a default, the course's own value wherever the course has one, so that
 * an empty file is a working one. An unknown name is an error everywhere.
 */

/** Cross-field rules look at whatever was written, right or wrong, so that every problem is reported in one go. */
const evenIfWrong = ({ value }: { value: unknown }) => typeof value === "object" && value !== null;

const ingressRule = z.strictObject({
  /** `tcp` or `udp`. Default `tcp`. */
  protocol: value.oneOf("tcp", "udp").default("tcp"),
  /** The port that is opened. */
  port: value.port(),
  /** Who may come in, as an IPv4 range: `0.0.0.0/0` is everybody, `203.0.113.7/32` one address. */
  cidr: value.cidr(),
  /** What the rule is for, as the AWS console shows it. No accents: AWS refuses them. */
  description: value.securityGroupDescription().optional(),
});

/** AWS allows 60 ingress rules in a security group unless the quota was raised. */
const ingress = z.array(ingressRule).max(60).describe("up to 60 rules, each with port and cidr");

const managedPolicies = z
  .array(value.managedPolicy())
  .min(1)
  .max(10)
  .describe("1 to 10 managed policies (AWS's default quota for a role)");

const network = z.strictObject({
  /**
   * The zones, by letter, whose default subnets carry the load balancer and the cluster's instances. A load balancer
   * needs two of them at least and pays for a public IPv4 address in each. Default a, b and c.
   */
  zones: z
    .array(value.zone())
    .min(2)
    .max(6)
    .refine((zones) => new Set(zones).size === zones.length)
    .describe("2 to 6 different letters of zones")
    .default(["a", "b", "c"]),
});

const devMachine = z
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
    /** The release of the Docker Compose plugin that is installed. Default `v2.23.3`. */
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
  .refine((machine) => !architecturesDiffer(machine), {
    path: ["imageParameter"],
    error: "an image of the instance type's architecture (arm64 for Graviton types such as t4g, else x86_64)",
    when: evenIfWrong,
  });

const app = z.strictObject({
  /**
   * Where the app comes from that the work machine builds: a folder of this computer, as a path from this file, or a git
   * repository that the machine can read without a password. Of a branch the commit is taken that it is at when it is
   * fetched; `bia-infra dev up --again` fetches it anew. Absent: the bia app that comes with bia-infra.
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
});

const database = z.strictObject({
  /** The RDS instance's identifier. Default `bia`. */
  identifier: value.databaseIdentifier().default("bia"),
  /** Default `db.t3.micro`: 2 vCPU, 1 GiB. */
  instanceClass: value.instanceClass().default("db.t3.micro"),
  /** Of PostgreSQL. A major version alone means its newest minor one when it is made. Default `16`. */
  engineVersion: value.postgresVersion().default("16"),
  storage: z
    .strictObject({
      /** GiB; RDS can grow it and never shrink it. Default 20, the least that RDS takes. */
      size: value.whole(20, 65_536, "GiB").default(20),
      /** Default `gp2`. */
      type: value.volumeType().default("gp2"),
    })
    .prefault({}),
  /** The master user; its password is generated and kept in SSM. Cannot be changed later. Default `postgres`. */
  username: value.postgresName().default("postgres"),
  /** The database that the app uses; it is created from the work machine, not by RDS. Default `bia`. */
  name: value.postgresName().default("bia"),
  /** Default 5432. */
  port: value.whole(1150, 65_535).default(5432),
  /** Days that automated backups are kept; 0 is none. Default 7. */
  backupRetention: value.whole(0, 35, "days").default(7),
  /** The letter of its zone. Cannot be changed later. Default `a`. */
  zone: value.zone().default("a"),
  securityGroup: z
    .strictObject({
      /** Default `bia-db-teste`. */
      name: value.securityGroupName().default("bia-db-teste"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("Acesso do bia db"),
      /** Description of the rule that lets the cluster's instances in. */
      fromCluster: value.securityGroupDescription().default("Acesso do bia-ec2"),
      /** Description of the rule that lets the work machine in. */
      fromDevMachine: value.securityGroupDescription().default("Acesso do bia-dev"),
    })
    .prefault({}),
});

const repository = z.strictObject({
  /** The ECR repository. Default `bia`. */
  name: value.repositoryName().default("bia"),
  /** The tag that the service runs. Default `latest`. */
  imageTag: value.imageTag().default("latest"),
});

const loadBalancer = z.strictObject({
  /** Default `bia-alb`. */
  name: value.balancerName().default("bia-alb"),
  /** Port of the HTTP listener. Default 80. */
  httpPort: value.port().default(80),
  /** Port of the HTTPS listener, which is there when `domain.name` is. Default 443. */
  httpsPort: value.port().default(443),
  securityGroup: z
    .strictObject({
      /** Default `bia-alb-teste`. */
      name: value.securityGroupName().default("bia-alb-teste"),
      /** Cannot be changed once the group exists. */
      description: value.securityGroupDescription().default("SG do ALB da Bia"),
      /** Who may reach the load balancer. Default: everybody, on tcp 80 and 443. */
      ingress: ingress.default([
        { protocol: "tcp", port: 80, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" },
        { protocol: "tcp", port: 443, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" },
      ]),
    })
    .prefault({}),
});

const targetGroup = z.strictObject({
  /** Default `tg-bia`. */
  name: value.balancerName().default("tg-bia"),
  /** The port that targets are registered with when they name none; ECS names the container's own. Default 80. */
  port: value.port().default(80),
  /** Seconds that a leaving target may finish its requests in. Default 30 (AWS's own is 300). */
  deregistrationDelay: value.whole(0, 3600, "seconds").default(30),
  healthCheck: z
    .strictObject({
      /** The path that must answer. Default `/`. */
      path: value.urlPath().default("/"),
      /** Good answers in a row that make a target healthy. Default 5. */
      healthyThreshold: value.whole(2, 10).default(5),
      /** Bad answers in a row that make a target unhealthy. Default 2. */
      unhealthyThreshold: value.whole(2, 10).default(2),
      /** Seconds that an answer may take; less than `interval`. Default 5. */
      timeout: value.whole(2, 120, "seconds").default(5),
      /** Seconds between two checks. Default 15. */
      interval: value.whole(5, 300, "seconds").default(15),
      /** The HTTP codes that count as healthy. Default `200-299`. */
      successCodes: value.statusCodes().default("200-299"),
    })
    .refine(({ timeout, interval }) => !(timeout >= interval), {
      path: ["timeout"],
      error: "fewer seconds than healthCheck.interval",
      when: evenIfWrong,
    })
    .prefault({}),
});

const cluster = z.strictObject({
  /** Default `cluster-bia-alb`. */
  name: value.ecsName().default("cluster-bia-alb"),
  /** CloudWatch Container Insights, which is billed by the metric. Default `enabled`. */
  containerInsights: value.oneOf("enabled", "enhanced", "disabled").default("enabled"),
});

const launchTemplate = z
  .strictObject({
    /** Default `launchTempCurso117`. */
    name: value.launchTemplateName().default("launchTempCurso117"),
    /** Of the cluster's instances. Default `t3.micro`: 2048 CPU units, about 950 MiB for tasks. */
    instanceType: value.instanceType().default("t3.micro"),
    /** The image, as the public SSM parameter that holds its id. Default: ECS-optimized Amazon Linux 2023, x86_64. */
    imageParameter: value
      .imageParameter()
      .default("/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
    rootVolume: z
      .strictObject({
        /** GiB; never made smaller than the image's snapshot (30 for the ECS-optimized one). Default 30. */
        size: value.whole(8, 16_384, "GiB").default(30),
        /** Default `gp2`. */
        type: value.volumeType().default("gp2"),
      })
      .prefault({}),
    securityGroup: z
      .strictObject({
        /** Default `bia-ec2-teste`. */
        name: value.securityGroupName().default("bia-ec2-teste"),
        /** Cannot be changed once the group exists. */
        description: value.securityGroupDescription().default("SG da EC2 com ALB"),
        /** Description of the rule that lets the load balancer reach every port: tasks get theirs at random. */
        fromLoadBalancer: value.securityGroupDescription().default("Acesso do ALB"),
        /** Who else may reach the instances. Default: nobody; without a load balancer everybody, on tcp 80. */
        ingress: ingress.default([]),
      })
      .prefault({}),
    role: z
      .strictObject({
        /** Default `ecs-ec2InstanceRole`. */
        name: value.roleName().default("ecs-ec2InstanceRole"),
        /** Default: what the ECS agent needs. */
        managedPolicies: managedPolicies.default(["service-role/AmazonEC2ContainerServiceforEC2Role"]),
        /** The instance profile that holds the role. Default `ecs-ec2InstanceIProfile`. */
        instanceProfile: value.instanceProfileName().default("ecs-ec2InstanceIProfile"),
      })
      .prefault({}),
  })
  .refine((template) => !architecturesDiffer(template), {
    path: ["imageParameter"],
    error: "an image of the instance type's architecture (arm64 for Graviton types such as t4g, else x86_64)",
    when: evenIfWrong,
  });

const autoScalingGroup = z
  .strictObject({
    /** Default `asgCurso117`. */
    name: value.autoScalingGroupName().default("asgCurso117"),
    /** Fewest instances. Default 2. */
    minSize: value.whole(0, 100, "instances").default(2),
    /** Most instances. Default 2. */
    maxSize: value.whole(0, 100, "instances").default(2),
    /** Instances at the start; from `minSize` to `maxSize`. Default 2. */
    desiredCapacity: value.whole(0, 100, "instances").default(2),
    /** Seconds between two scaling activities. Default 300. */
    defaultCooldown: value.whole(0, 86_400, "seconds").default(300),
    /** Seconds after its launch in which an instance is not judged. Default 300. */
    healthCheckGracePeriod: value.whole(0, 86_400, "seconds").default(300),
    /** The tag Name of its instances. Default `ECS Instances - cluster-bia`. */
    instanceName: value.tagValue().default("ECS Instances - cluster-bia"),
    /** Group metrics that are collected each minute, free of charge. Default: the eight that the course turns on. */
    metrics: z
      .array(
        value.oneOf(
          "GroupMinSize",
          "GroupMaxSize",
          "GroupDesiredCapacity",
          "GroupInServiceInstances",
          "GroupPendingInstances",
          "GroupStandbyInstances",
          "GroupTerminatingInstances",
          "GroupTotalInstances",
        ),
      )
      .describe("a list of names of group metrics")
      .default([
        "GroupMinSize",
        "GroupMaxSize",
        "GroupDesiredCapacity",
        "GroupInServiceInstances",
        "GroupPendingInstances",
        "GroupStandbyInstances",
        "GroupTerminatingInstances",
        "GroupTotalInstances",
      ]),
    /**
     * Registers each instance in the target group too, as the course does. Its port 80 has nothing behind it, so these
     * targets stay unhealthy. Default false: ECS registers the tasks themselves.
     */
    attachTargetGroup: z.boolean().describe("true or false").default(false),
  })
  .refine(({ minSize, maxSize }) => !(minSize > maxSize), {
    path: ["minSize"],
    error: "at most autoScalingGroup.maxSize",
    when: evenIfWrong,
  })
  .refine(({ minSize, maxSize, desiredCapacity }) => !(desiredCapacity < minSize || desiredCapacity > maxSize), {
    path: ["desiredCapacity"],
    error: "from autoScalingGroup.minSize to autoScalingGroup.maxSize",
    when: evenIfWrong,
  });

const capacityProvider = z.strictObject({
  /** Default `capacityProviderCurso117`. */
  name: value.capacityProviderName().default("capacityProviderCurso117"),
  /** Per cent of the instances' capacity that managed scaling aims to have in use. Default 100: no spare instance. */
  targetCapacity: value.whole(1, 100, "per cent").default(100),
  /** Tasks that it runs at least, in the cluster's default strategy. Default 1. */
  base: value.whole(0, 100_000, "tasks").default(1),
  /** Its share of the tasks beyond the base. Default 1. */
  weight: value.whole(0, 1000).default(1),
});

const taskDefinition = z.strictObject({
  /** Default `task-def-bia-alb`. */
  family: value.ecsName().default("task-def-bia-alb"),
  container: z
    .strictObject({
      /** Default `bia`. */
      name: value.ecsName().default("bia"),
      /** CPU units, 1024 to a vCPU. Default 1024. */
      cpu: value.whole(128, 196_608, "CPU units").default(1024),
      /** MiB; the container is killed when it takes more. Default 512. */
      memory: value.whole(6, 1_048_576, "MiB").default(512),
      /** The port that the app listens on in its container. Default 8080. */
      containerPort: value.port().default(8080),
      /** The port on the instance; 0 lets Docker choose one for each task. Default 0. */
      hostPort: value.whole(0, 65_535).default(0),
    })
    .prefault({}),
  executionRole: z
    .strictObject({
      /** Default `ecsTaskExecutionRole`, which many accounts have already: then it is used and never deleted. */
      name: value.roleName().default("ecsTaskExecutionRole"),
      /** Default: what pulling images and writing logs need. */
      managedPolicies: managedPolicies.default(["service-role/AmazonECSTaskExecutionRolePolicy"]),
    })
    .prefault({}),
});

const service = z
  .strictObject({
    /** Default `service-bia-alb`. */
    name: value.ecsName().default("service-bia-alb"),
    /** Tasks, each on an instance of its own. Default 2. */
    desiredCount: value.whole(0, 5000, "tasks").default(2),
    /** Per cent of the tasks that keep running while a new version is rolled out. Default 50. */
    minimumHealthyPercent: value.whole(0, 100, "per cent").default(50),
    /** Per cent of the tasks that may run at once while a new version is rolled out. Default 100. */
    maximumPercent: value.whole(100, 200, "per cent").default(100),
  })
  .refine(({ minimumHealthyPercent, maximumPercent }) => !(minimumHealthyPercent === 100 && maximumPercent === 100), {
    path: ["maximumPercent"],
    error: "more than service.minimumHealthyPercent, or no task could ever be replaced",
    when: evenIfWrong,
  });

const domain = z.strictObject({
  /** A domain that you own, e.g. `example.com.br`. Absent: `bia.test` on the sandbox; no zone and no HTTPS on aws. */
  name: value.domainName().optional(),
  /** The host in front of the domain under which the app answers. Default `www`. */
  host: value.hostLabel().default("www"),
  /** Seconds that resolvers may keep the records. Default 300. */
  ttl: value.whole(1, 2_147_483_647, "seconds").default(300),
});

/** Graviton processors carry a g after the generation: t4g, m7gd. An image says its architecture in its parameter. */
function architecturesDiffer(machine: { instanceType: string; imageParameter: string }): boolean {
  const graviton = /^[a-z]+\d+g[a-z-]*\./.test(machine.instanceType);
  return graviton !== /arm64/.test(machine.imageParameter);
}

/** What a variables file holds, but for the load balancer. */
const groups = {
  /** Which stack this file is about. Default `bia`. */
  stack: z.literal("bia").describe("bia").default("bia"),
  ...shared,
  /** Where in the default VPC things go. */
  network: network.prefault({}),
  /** Stage 1: the EC2 instance on which one works, and what belongs to it. */
  devMachine: devMachine.prefault({}),
  /** The app that the work machine builds and runs. */
  app: app.prefault({}),
  /** RDS for PostgreSQL. */
  database: database.prefault({}),
  /** ECR, where the app's images are. */
  repository: repository.prefault({}),
  /** What the load balancer sends requests to. */
  targetGroup: targetGroup.prefault({}),
  /** The ECS cluster. */
  cluster: cluster.prefault({}),
  /** How the cluster's instances are launched. */
  launchTemplate: launchTemplate.prefault({}),
  /** How many instances the cluster has. */
  autoScalingGroup: autoScalingGroup.prefault({}),
  /** How ECS asks the auto scaling group for instances. */
  capacityProvider: capacityProvider.prefault({}),
  /** What one task of the service is. */
  taskDefinition: taskDefinition.prefault({}),
  /** The ECS service that keeps the tasks running. */
  service: service.prefault({}),
  /** The app's name in the internet, with its certificate. */
  domain: domain.prefault({}),
};

/** Each task takes an instance of its own. */
const tasksFit = {
  path: ["service", "desiredCount"],
  error: "at most autoScalingGroup.maxSize, because each task takes an instance of its own",
  when: evenIfWrong,
};

/** The schema of a variables file of the bia stack. */
export const biaSchema = z
  .strictObject({
    ...groups,
    /**
     * The application load balancer, which the internet reaches. False: none. The course's aula 2 alone: one task, on
     * port 80 of the one instance, which everybody can reach.
     */
    loadBalancer: loadBalancer.prefault({}),
  })
  .refine(({ service, autoScalingGroup }) => !(service?.desiredCount > autoScalingGroup?.maxSize), tasksFit);

/** The schema of a variables file that says `loadBalancer: false`. */
export const biaWithoutLoadBalancer = z
  .strictObject({ ...groups, loadBalancer: z.literal(false).default(false) })
  .refine(({ service, autoScalingGroup }) => !(service?.desiredCount > autoScalingGroup?.maxSize), tasksFit)
  .refine(({ domain }) => domain?.name === undefined, {
    path: ["domain", "name"],
    error: "none without a load balancer, which is where its certificate is",
    when: evenIfWrong,
  });

/** What is otherwise by default when there is no load balancer: the course's values for aula 2. */
const WITHOUT_LOAD_BALANCER = {
  cluster: { name: "cluster-bia" },
  launchTemplate: {
    securityGroup: {
      name: "bia-web-teste",
      description: "Acesso do bia-web",
      ingress: [{ port: 80, cidr: "0.0.0.0/0", description: "Liberado para o Mundo" }],
    },
  },
  autoScalingGroup: { minSize: 1, maxSize: 1, desiredCapacity: 1 },
  taskDefinition: { family: "task-def-bia", container: { hostPort: 80 } },
  service: { name: "service-bia", desiredCount: 1, minimumHealthyPercent: 0 },
} as const;

/** The schema that fits what was written, and what was written with the defaults that go with it. */
export function biaVariant(written: unknown): Variant<typeof biaSchema | typeof biaWithoutLoadBalancer> {
  if ((written as { loadBalancer?: unknown } | null)?.loadBalancer !== false) return { schema: biaSchema, written };
  return { schema: biaWithoutLoadBalancer, written: withDefaults(WITHOUT_LOAD_BALANCER, written) };
}

/** What a person may write: everything is optional. */
export type BiaInput = z.input<typeof biaSchema> | z.input<typeof biaWithoutLoadBalancer>;

/** The variables of the bia stack, complete: what was written, and the defaults for the rest. */
export type BiaVariables = z.output<typeof biaSchema> | z.output<typeof biaWithoutLoadBalancer>;

/** The variables with their paths made absolute, which were written as seen from `folder`. */
export function biaPathsFrom(folder: string, variables: BiaVariables): BiaVariables {
  const { source } = variables.app;
  return typeof source === "string" ? { ...variables, app: { source: path.resolve(folder, source) } } : variables;
}
