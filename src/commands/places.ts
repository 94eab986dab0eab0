import type { AwsClients } from "../aws/clients.ts";
import { explain } from "../aws/errors.ts";
import { type OtherRegions, otherRegionsOf } from "../aws/regions.ts";
import { REGION_TAG, type Tags } from "../aws/tags.ts";
import type { Elsewhere } from "../engine/run.ts";

/** Where a run works, and what it may rename. */
interface Here {
  readonly stack: string;
  readonly region: string;
  /** Paths of the variables that name things of services without regions. */
  readonly accountWide: readonly string[];
}

/**
 * For which region the stack's things of services without regions were made. They say it themselves, by a tag. Those that an
 * older version made do not: they are this region's, unless the stack stands in another one too. Whatever cannot be told is
 * nobody's to delete.
 */
export class Places {
  readonly #here: Here;
  readonly #inRegion: (region: string) => AwsClients;
  #others: Promise<void> | undefined;
  #untagged: Elsewhere | undefined;

  constructor(here: Here, inRegion: (region: string) => AwsClients) {
    this.#here = here;
    this.#inRegion = inRegion;
  }

  /** The other region that these tags stand for; undefined: none. Those without a region must have been `locate`d. */
  elsewhere(tags: Tags): Elsewhere | undefined {
    const region = tags[REGION_TAG];
    if (region === undefined) return this.#untagged;
    return region === this.#here.region ? undefined : { region, next: this.#apart(region) };
  }

  /** Finds out where else the stack stands, once, if these tags do not say whose they are. */
  async locate(tags: Tags): Promise<void> {
    if (tags[REGION_TAG] !== undefined) return;
    this.#others ??= this.#look();
    await this.#others;
  }

  async #look(): Promise<void> {
    const { stack, region } = this.#here;
    const clients = new Map<string, AwsClients>();
    const ec2In = (name: string) => {
      const known = clients.get(name) ?? this.#inRegion(name);
      clients.set(name, known);
      return known.ec2;
    };
    try {
      this.#untagged = this.#judge(await otherRegionsOf(stack, region, ec2In));
    } catch (error) {
      this.#untagged = this.#judge({ standing: [], unseen: [{ region: "", why: explain(error, undefined).why }] });
    } finally {
      for (const one of clients.values()) one.close();
    }
  }

  #judge({ standing, unseen }: OtherRegions): Elsewhere | undefined {
    const mark = `An older version made it and did not say for which region: if it is for ${this.#here.region}, give it the tag ${REGION_TAG} with that value.`;
    if (standing.length > 0) {
      const region = standing.join(" or ");
      return { region, next: `${mark} Else: ${this.#apart(region)}` };
    }
    const [first] = unseen;
    if (!first) return undefined;
    const region = "a region that could not be looked into";
    return { region, next: `${mark} Other regions could not be looked into: ${`${first.region} ${first.why}`.trim()}` };
  }

  #apart(region: string): string {
    const { stack, accountWide } = this.#here;
    const names = accountWide.length === 0 ? "" : ` (${accountWide.join(", ")})`;
    return `It serves that stack alone: a destroy of one must not break the other. Give such things other names in the variables for ${this.#here.region}${names}, then both can live; or destroy stack ${stack} in ${region} first (\`AWS_REGION=${region} bia-infra destroy --all\`).`;
  }
}
