/** A value as text, as much as C sees of it: up to the first zero byte. What is not UTF-8 is U+FFFD. */
export function cText(value: Uint8Array): string {
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
}
