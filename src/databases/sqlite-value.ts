/** A value of SQLite as text, as sqlite3_column_text(3) makes it. */
import { cText } from './c-text.ts';

export type SqliteValue = null | bigint | number | string | Uint8Array;

export function sqliteText(value: SqliteValue): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return upToNul(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return realText(value);
  return cText(value);
}

/** As printf("%!.15g"): fifteen digits, and always a point. */
function realText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const [mantissa = '', exponent = '0'] = value.toExponential(14).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 15) {
    const digits = String(Math.abs(power)).padStart(2, '0');
    return `${withPoint(mantissa)}e${power < 0 ? '-' : '+'}${digits}`;
  }
  return withPoint(value.toFixed(Math.max(0, 14 - power)));
}

/** Without the zeros at its end, but one after the point. */
function withPoint(digits: string): string {
  const short = digits.includes('.') ? digits.replace(/0+$/, '') : `${digits}.`;
  return short.endsWith('.') ? `${short}0` : short;
}

/** As much as C sees. */
function upToNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}
