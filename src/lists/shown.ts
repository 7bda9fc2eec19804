/** What somebody has written, as a message shows it: enough of a key or an action to know it by, and never a whole file. */

const MOST = 100;

export function shown(text: string): string {
  return text.length <= MOST ? `\`${text}\`` : `\`${text.slice(0, MOST)}…\``;
}
