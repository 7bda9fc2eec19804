/** Words by which other programs say permit and reject: what an author meant who writes one of them to Postfix. */
export const OTHER_WORDS: ReadonlyMap<string, 'permit' | 'reject'> = new Map([
  ...(['accept', 'allow', 'pass', 'permit_all', 'whitelist'] as const).map(
    (word) => [word, 'permit'] as const,
  ),
  ...(['ban', 'blacklist', 'block', 'deny', 'drop', 'forbid', 'refuse', 'reject_all'] as const).map(
    (word) => [word, 'reject'] as const,
  ),
]);
