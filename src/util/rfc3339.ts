/**
 * Times as requests and files write them: RFC 3339, with any offset and any
 * number of digits behind the second; what is beyond a millisecond is cut off.
 *
 * Refuses what Date.parse would make another day of (31 February, 24:00), and
 * leap seconds: a time of ours is milliseconds since 1970, which have none.
 */

/** For messages. */
export const TIME_EXAMPLE = '2027-01-31T12:00:00Z';

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/i;

/** Milliseconds since 1970; undefined when the text is no time. */
export function parseTime(text: string): number | undefined {
  const fields = FORM.exec(text)?.slice(1).map(Number);
  if (fields === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ...offset] = fields;
  const [offsetHour, offsetMinute] = offset.map((field) => (Number.isNaN(field) ? 0 : field));
  const isTimeOfDay = hour <= 23 && minute <= 59 && second <= 59;
  const isOffset = (offsetHour ?? 0) <= 23 && (offsetMinute ?? 0) <= 59;
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || !isTimeOfDay || !isOffset) {
    return undefined;
  }
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

/** In UTC; a whole second without a fraction. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
