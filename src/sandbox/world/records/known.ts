/** A shape of the SDK of which these members are always there. */
export type Known<Shape, Members extends keyof Shape> = Omit<Shape, Members> & {
  [Member in Members]-?: NonNullable<Shape[Member]>;
};
