/** What follows the last slash: the name in most ARNs, or an id without its prefix. */
export function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
