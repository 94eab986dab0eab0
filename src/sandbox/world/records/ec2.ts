import type * as ec2 from "@aws-sdk/client-ec2";
import type { Known } from "./known.ts";

export type Vpc = Known<ec2.Vpc, "VpcId" | "CidrBlock" | "IsDefault" | "Tags"> & {
  /** Absent: both are on, as in a default VPC. */
  hidden?: { dnsSupport: boolean; dnsHostnames: boolean };
};
export type Subnet = Known<
  ec2.Subnet,
  "SubnetId" | "VpcId" | "CidrBlock" | "AvailabilityZone" | "DefaultForAz" | "Tags"
>;

export type RouteTable = Known<ec2.RouteTable, "RouteTableId" | "VpcId" | "Associations" | "Routes" | "Tags"> & {
  /** Client token of the call that made it. */
  hidden?: { token: string };
};
export type InternetGateway = Known<ec2.InternetGateway, "InternetGatewayId" | "Attachments" | "Tags">;

/** An elastic IP address; with an association: something has it. */
export type ElasticAddress = Known<ec2.Address, "AllocationId" | "PublicIp" | "Domain" | "Tags">;

export type NatGateway = Known<
  ec2.NatGateway,
  "NatGatewayId" | "VpcId" | "SubnetId" | "State" | "NatGatewayAddresses" | "Tags"
> & {
  /** Client token of the call that made it. */
  hidden: { token?: string };
};

/** Without its rules: they are records of their own. */
export type SecurityGroup = Known<ec2.SecurityGroup, "GroupId" | "GroupName" | "Description" | "VpcId" | "Tags"> & {
  /** When other operations than the describing ones know it. */
  hidden: { visibleAt: Date };
};

export type SecurityGroupRule = Known<
  ec2.SecurityGroupRule,
  "SecurityGroupRuleId" | "GroupId" | "IsEgress" | "IpProtocol" | "Tags"
>;

/** Without interfaces, groups and volumes: they are records of their own. */
export type Instance = Known<
  ec2.Instance,
  "InstanceId" | "ImageId" | "InstanceType" | "State" | "Placement" | "LaunchTime" | "Tags" | "RootDeviceName"
> & {
  hidden: {
    reservationId: string;
    /** When DescribeInstances knows it. */
    visibleAt: Date;
    /** Base64, as given. */
    userData?: string;
    /** Whether the user data has run; only the first boot runs it. */
    userDataState: "waiting" | "done";
    /** When it last became running. */
    bootedAt?: Date;
    terminatedAt?: Date;
    disableApiTermination: boolean;
    /** Keeps it from being terminated, too. Absent: false. */
    disableApiStop?: boolean;
    /** Absent: what the type has by itself. */
    cpuCredits?: string;
    shutdownBehavior: ec2.ShutdownBehavior;
  };
};

export type Volume = Known<
  ec2.Volume,
  "VolumeId" | "Size" | "VolumeType" | "AvailabilityZone" | "State" | "Attachments" | "Tags"
>;
export type VolumeModification = Known<ec2.VolumeModification, "VolumeId" | "ModificationState" | "StartTime"> & {
  hidden?: {
    /** When it and those before it were asked for, as far as they count for the next one. */
    lately: Date[];
  };
};
export type NetworkInterface = Known<
  ec2.NetworkInterface,
  "NetworkInterfaceId" | "VpcId" | "SubnetId" | "PrivateIpAddress" | "Groups" | "TagSet" | "Status"
> & {
  hidden: {
    /** It gets a public address whenever its instance starts. */
    wantsPublicAddress: boolean;
    /** Of a task on Fargate: what is called the machine that it runs on, which nobody sees. */
    host?: string;
    /** Since when nothing needs it any more; it goes a little later. */
    releasedAt?: Date;
  };
};
export type ProfileAssociation = Known<
  ec2.IamInstanceProfileAssociation,
  "AssociationId" | "InstanceId" | "IamInstanceProfile" | "State"
> & {
  /** The role that the instance has found in its profile. */
  hidden: { roleName?: string };
};

export type KeyPair = Known<ec2.KeyPairInfo, "KeyPairId" | "KeyName" | "KeyType" | "KeyFingerprint" | "Tags">;

/** Without its versions: they are records of their own. */
export type LaunchTemplate = Known<
  ec2.LaunchTemplate,
  "LaunchTemplateId" | "LaunchTemplateName" | "DefaultVersionNumber" | "LatestVersionNumber" | "Tags"
> & {
  hidden: {
    /** Number of the version that was made last, deleted or not. */
    lastVersion: number;
  };
};

/** It never changes. Whether it is the default one is told by its template. */
export type LaunchTemplateVersion = Known<
  Omit<ec2.LaunchTemplateVersion, "DefaultVersion">,
  "LaunchTemplateId" | "LaunchTemplateName" | "VersionNumber" | "LaunchTemplateData"
> & {
  hidden: {
    /** Client token of the call that made it. */
    token?: string;
  };
};

/** What RunInstances was asked for under a client token. */
export interface ClientToken {
  token: string;
  /** Hash of the parameters. */
  request: string;
  instanceIds: string[];
  /** When it may be used anew; absent: one of the instances is still listed. */
  freeAt?: Date;
}

/** What an instance's disk holds, and what its serial console showed. */
export interface MachineState {
  instanceId: string;
  /** JSON of the machine; absent: as the image made it. */
  snapshot?: object;
  console: string;
  consoleAt: Date;
}

/** Ids of the containers that run on an instance's machine. */
export interface RunningContainers {
  instanceId: string;
  ids: string[];
}
