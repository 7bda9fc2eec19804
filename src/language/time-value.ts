/** Seconds in each of Postfix's units. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** What a time value looks like: postconf(5), "time_unit"; only the first letter of a unit counts. */
export const TIME_VALUE: RegExp = /^\d{1,9}(?:[smhdw].*)?$/;

/**
 * A time value of main.cf in seconds: a number, and `s`, `m`, `h`, `d` or `w`,
 * seconds where there is none. undefined for anything else.
 */
export function parseTimeValue(text: string): number | undefined {
  if (!TIME_VALUE.test(text)) return undefined;
  const unit = text.replace(/^\d+/, '').charAt(0);
  return Number.parseInt(text, 10) * (UNITS[unit] ?? 1);
}
