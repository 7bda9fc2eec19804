/** A server that refuses everything is fast, too. @throws Error when the answer is not DUNNO */
export function expectDunno(server: string, answer: string): void {
  if (answer !== 'action=DUNNO\n\n') throw new Error(`${server} answered ${JSON.stringify(answer)}`);
}
