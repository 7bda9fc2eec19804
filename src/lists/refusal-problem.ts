/** What the store refused, in words for whoever asked. */
import type { StoreRefusal } from '../store/list-edits.ts';
import type { Edit, EditProblem } from './edit.ts';
import { shown } from './shown.ts';

export function refusalProblem({ index, reason, actual }: StoreRefusal, edit: Edit | undefined): EditProblem {
  const list = edit?.list ?? '';
  const isOfEntry = edit !== undefined && 'key' in edit;
  const what = isOfEntry ? `the entry ${shown(edit.key)} of the list \`${list}\`` : `the list \`${list}\``;
  const isToBeNew = edit?.condition?.is === 'absent';
  switch (reason) {
    case 'unknown-list':
      return {
        index,
        code: 'unknown-list',
        field: 'list',
        message: `there is no list \`${list}\``,
        help: 'make it first, or name it in a policy',
      };
    case 'unknown-entry':
      return {
        index,
        code: 'unknown-entry',
        field: 'key',
        message: `there is no entry ${shown(isOfEntry ? edit.key : '')} in the list \`${list}\``,
        help: 'put the whole entry',
      };
    case 'condition':
      return {
        index,
        code: 'condition',
        field: 'version',
        message: isToBeNew
          ? `${what} is there already`
          : actual === 'absent'
            ? `${what} is not there`
            : `${what} is there with another version: ${shown(actual)}`,
        help: 'read it again, and decide anew',
      };
    case 'kind':
      return isOfEntry
        ? {
            index,
            code: 'invalid',
            field: 'key',
            message: `${shown(edit.key)} never matches in a list of kind ${shown(actual)}`,
            help: 'put it into a list of another kind',
          }
        : {
            index,
            code: 'invalid',
            field: 'kind',
            message: `the list has entries that would never match, such as ${shown(actual)}`,
            help: 'remove them first, or choose the kind `any`',
          };
  }
}
