import { DescribeImagesCommand, type Image as Ec2Image } from "@aws-sdk/client-ec2";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { askedFor } from "../../aws/shared-reads.ts";
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
  /** E.g. `x86_64`. */
  readonly architecture: string;
  /** The image's own root device, e.g. `/dev/xvda`. A mapping of any other name adds a second, useless volume. */
  readonly rootDevice: string;
  /** GiB of its root snapshot: a root volume cannot be smaller (InvalidBlockDeviceMapping). */
  readonly snapshotSize: number;
}

/** The newest image of a family: looked up by its public parameter, because ids differ by region and are withdrawn. */
export const image: Kind<ImageDesired, Image, Aws> = {
  type: "ec2.image",
  async find(aws, { parameter }) {
    const parameters = askedFor(aws, "parameter", parameter);
    const ids = await aws.shared.each("image parameters", parameters, (names) => parameterValues(aws.ssm, names));
    const images = await aws.shared.each("images", [...ids.values()], (missing) => imagesOf(aws.ec2, missing));
    const found = images.get(ids.get(parameter) ?? "");
    if (!found?.RootDeviceName) return undefined;
    const root = found.BlockDeviceMappings?.find((mapping) => mapping.DeviceName === found.RootDeviceName);
    return {
      imageId: found.ImageId ?? "",
      name: found.Name ?? "",
      architecture: found.Architecture ?? "",
      rootDevice: found.RootDeviceName,
      snapshotSize: root?.Ebs?.VolumeSize ?? 0,
    };
  },
  missing: ({ parameter }) =>
    `No image stands behind the SSM parameter ${parameter} in this region: check its name in the variables.`,
  describe: ({ imageId, name }) => `${imageId}, ${name}`,
};

/** At most ten parameters in a call; unknown ones are listed and no error (ssm:GetParameters). */
async function parameterValues(ssm: Aws["ssm"], names: readonly string[]): Promise<Map<string, string>> {
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [...names] }));
  return new Map(Parameters.flatMap(({ Name, Value }) => (Name && Value ? [[Name, Value]] : [])));
}

/** By a filter, not by `ImageIds`: one that was withdrawn would make all of them fail. */
async function imagesOf(ec2: Aws["ec2"], ids: readonly string[]): Promise<Map<string, Ec2Image>> {
  const Filters = [{ Name: "image-id", Values: [...ids] }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters }));
  return new Map(Images.map((one) => [one.ImageId ?? "", one]));
}
