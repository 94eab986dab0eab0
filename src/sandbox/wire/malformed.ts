/** Input that cannot be read at all; each protocol family has its own code for it. */
export class Malformed extends Error {
  constructor(at: string, problem: string) {
    super(at === "" ? `The request body ${problem}.` : `${at} ${problem}.`);
    this.name = "Malformed";
  }
}

/** A member that the service's model does not have. */
export class UnknownMember extends Error {
  readonly member: string;

  constructor(member: string) {
    super(`There is no parameter ${member}.`);
    this.name = "UnknownMember";
    this.member = member;
  }
}
