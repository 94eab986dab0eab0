import { readFile } from "node:fs/promises";
import { bundled } from "../bundled.ts";
import type { Reference } from "../image/reference.ts";

/** A public image that a program of ours stands for, because nothing is downloaded. */
export interface StandIn {
  /** As one would pull it. */
  readonly image: string;
  /** Code for Node. */
  readonly program: () => Promise<string>;
}

/** Those of the ECS and Fargate workshop. (https://github.com/aws-containers/retail-store-sample-app, 0.7.0) */
export const STAND_INS: readonly StandIn[] = [
  {
    image: "public.ecr.aws/aws-containers/retail-store-sample-ui:0.7.0",
    program: () => code("retail-store-ui.cjs", "public-images/retail-store-ui/main.ts"),
  },
];

/** What stands for an image; undefined: nothing does. */
export function standIn({ name, tag }: Reference): StandIn | undefined {
  return STAND_INS.find(({ image }) => image === `${name}:${tag}`);
}

async function code(bundle: string, entry: string): Promise<string> {
  const found = await bundled(bundle, entry);
  return "file" in found ? readFile(found.file, "utf8") : found.code;
}
