/**
 * When something is to end, as people type it: `7d` from now (s, m, h, d or w),
 * a day such as `2026-12-31`, or a time such as `2026-12-31T08:00Z`.
 */
import { parseTimeValue } from '../language/time-value.ts';
import { OperatorError } from '../util/operator-error.ts';
import { parseTime } from '../util/rfc3339.ts';

/** main.cf's `7` are seconds and its `7month` are minutes; nobody means that who types an expiry. */
const DURATION = /^\d{1,9}[smhdw]$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** What people leave out: the seconds. */
const MINUTES = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(Z|[+-]\d{2}:\d{2})$/;

/**
 * The time as the API takes it; entries end at whole seconds, so what is counted from now does too.
 *
 * @throws OperatorError when it is none
 */
export function expiryOf(text: string, nowMs: number = Date.now()): string {
  const seconds = secondsOf(text);
  const ms =
    seconds !== undefined
      ? Math.ceil(nowMs / 1000 + seconds) * 1000
      : parseTime(DAY.test(text) ? `${text}T00:00:00Z` : text.replace(MINUTES, '$1:00$2'));
  const date = new Date(ms ?? Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new OperatorError(
    'bad-expiry',
    `\`${text}\` is no time`,
    'write how long, such as 30m, 12h or 7d, or a time such as 2026-12-31 or 2026-12-31T08:00Z',
  );
}

/** The same backwards, for `--since`: `1h` ago, or a time. */
export function sinceOf(text: string, nowMs: number = Date.now()): string {
  const seconds = secondsOf(text);
  return seconds === undefined ? expiryOf(text, nowMs) : new Date(nowMs - seconds * 1000).toISOString();
}

function secondsOf(text: string): number | undefined {
  return DURATION.test(text) ? parseTimeValue(text) : undefined;
}
