import { DescribeImagesCommand } from "@aws-sdk/client-ec2";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Kind } from "../../engine/task.ts";

/** Which image. */
export interface ImageDesired {
  /** Public SSM parameter that holds the id of the newest one. */
  readonly parameter: string;
}

/** An Amazon machine image. */
export interface Image {
  readonly imageId: string;
  readonly name: string;
  /** The image's own root device, e.g. `/dev/xvda`. A mapping of any other name adds a second, useless volume. */
  readonly rootDevice: string;
  /** GiB of its root snapshot: a root volume cannot be smaller (InvalidBlockDeviceMapping). */
  readonly snapshotSize: number;
}

/** The newest image of a family: looked up by its public parameter, because ids differ by region and are withdrawn. */
export const image: Kind<ImageDesired, Image, Aws> = {
  type: "ec2.image",
  async find({ ec2, ssm }, { parameter }) {
    const imageId = await parameterValue(ssm, parameter);
    if (imageId === undefined) return undefined;
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
    const found = Images?.[0];
    const root = found?.BlockDeviceMappings?.find((mapping) => mapping.DeviceName === found.RootDeviceName);
    if (!found?.RootDeviceName) return undefined;
    return {
      imageId,
      name: found.Name ?? imageId,
      rootDevice: found.RootDeviceName,
      snapshotSize: root?.Ebs?.VolumeSize ?? 0,
    };
  },
  missing: ({ parameter }) =>
    `No image stands behind the SSM parameter ${parameter} in this region: check its name in the variables.`,
  describe: ({ imageId, name }) => `${imageId}, ${name}`,
};

async function parameterValue(ssm: Aws["ssm"], name: string): Promise<string | undefined> {
  try {
    return (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
  } catch (error) {
    if (isCode(error, "ParameterNotFound")) return undefined;
    throw error;
  }
}
