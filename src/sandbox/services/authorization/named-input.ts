/** Members of an operation's input that name resources. */
export type Input = Readonly<Record<string, string | readonly string[] | undefined>>;
