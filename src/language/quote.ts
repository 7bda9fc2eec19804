/** The author's text within a message: in backticks, shortened so that a message stays a line. */
export function quote(text: string): string {
  const limit = 60;
  return text.length <= limit ? `\`${text}\`` : `\`${text.slice(0, limit)}…\``;
}
