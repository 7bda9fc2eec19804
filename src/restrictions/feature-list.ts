/**
 * Lists of Postfix features (parent_domain_matches_subdomains), which Postfix
 * matches as it does any list of strings: letters of either case, the first
 * word that is the feature decides, and `!` before it makes that a no. What
 * stands in a table or a file there names no feature here.
 */
export function listsFeature(words: readonly string[], feature: string): boolean {
  for (const word of words) {
    const name = word.replace(/^!+/, '');
    if (name.toLowerCase() === feature) return (word.length - name.length) % 2 === 0;
  }
  return false;
}
