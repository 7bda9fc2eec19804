/**
 * Case folding of search strings, as Postfix does it with smtputf8_enable = yes:
 * full Unicode case folding, so that `ß` equals `ss`. ASCII text without upper
 * case, the usual kind, comes back as it is.
 */
export function foldCase(text: string): string {
  if (!/[A-Z\x80-\uffff]/.test(text)) return text;
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase();
  // By way of upper case, because only that unfolds ligatures and ß; a dotless ı keeps apart from i, a final ς does not from σ.
  return text.replace(/[^ı]+/g, (part) => part.toUpperCase().toLowerCase().replaceAll('ς', 'σ'));
}
