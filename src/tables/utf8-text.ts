/**
 * Texts that were not UTF-8 hold U+FFFD where they were not. With
 * smtputf8_enable, Postfix looks up no such search string, and takes no such
 * result from a table (dict_utf8(3)).
 */
import { TableFailure } from './table.ts';

export function isUtf8Text(text: string): boolean {
  return !text.includes('\ufffd');
}

export const ENCODING_FAILURE = new TableFailure('the result is not UTF-8');
