/** Lines of the cause that the end of a run tells. */
const LINES = 3;

/** Of why a roll failed, which its task tells at length, the end says most. */
export function causeOf(why: string): string {
  return why.split("\n").slice(-LINES).join("\n");
}
