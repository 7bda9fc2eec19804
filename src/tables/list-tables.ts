/**
 * Where `list:NAME` tables come from: managed lists are kept and edited by a
 * part above this one, which says here what a table of them is.
 */
import type { NameError } from './inline-table.ts';
import type { TableContent } from './table-content.ts';

export interface ListTables {
  /** The list of that name; one that does not exist is made, empty. */
  open(name: string): TableContent | NameError;
}

/** Policy files and lists share their names' form. `/v1/lists/match` answers a question, and stands for no list. */
const LIST_NAME = /^(?!match$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isListName(name: string): boolean {
  return LIST_NAME.test(name);
}

export const LIST_NAME_HELP =
  'write up to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit, and not `match`';

/** Any list is there and empty: for looking at a policy without its data. */
export const EMPTY_LISTS: ListTables = {
  open: (name) =>
    isListName(name)
      ? { lookup: () => undefined }
      : { error: 'not the name of a list', help: LIST_NAME_HELP },
};
