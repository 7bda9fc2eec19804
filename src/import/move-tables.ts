/**
 * Points a policy at its own copies of table files: `hash:/etc/postfix/access`
 * becomes `hash:$config_directory/tables/access`. What cannot be read, and files of
 * aliases(5), are named by their whole path, because `$config_directory` means
 * another directory now.
 */
import { expand } from '../language/expansion.ts';
import { SourcedText } from '../language/sourced-text.ts';
import type { ParameterKind } from '../policy/parameter-row.ts';
import { PARAMETER_BY_NAME } from '../policy/parameters.ts';
import { Edits } from './edits.ts';
import type { Examined } from './examine.ts';
import { aliasFiles } from './local-users.ts';
import { neededAssignments } from './needed.ts';
import type { TableCopies } from './table-copies.ts';
import { fileReferences } from './table-references.ts';

const CONFIG_DIRECTORY = /\$(?:config_directory\b|\{config_directory\}|\(config_directory\))/g;

/** Kinds of values in which `type:name` is no table. */
const WITHOUT_TABLES: readonly (ParameterKind | undefined)[] = ['template', 'text'];

export function moveTables(
  examined: Examined,
  without: ReadonlySet<string>,
  tables: TableCopies,
  edits: Edits,
): void {
  const expandText = (text: string): string => expandWith(examined, text);
  const aliases = aliasFiles(examined);
  const needed = neededAssignments(examined, without, new Edits());
  for (const { assignment, kind, isMatchList } of needed) {
    if (WITHOUT_TABLES.includes(kind)) continue;
    for (const { span, path } of fileReferences(assignment, { isMatchList, expand: expandText })) {
      const copy = aliases.has(path) ? tables.leave(path) : tables.add(path);
      edits.replace(span, copy === undefined ? path : `$config_directory/${copy.to}`);
    }
  }
  const directory = expandText('$config_directory');
  for (const { assignment } of needed) {
    const { value } = assignment;
    for (const { 0: written, index } of value.text.matchAll(CONFIG_DIRECTORY)) {
      edits.replace(value.span(index, index + written.length), directory);
    }
  }
}

function expandWith({ assigned, parameters }: Examined, text: string): string {
  const isKnown = (name: string) =>
    assigned.has(name) || PARAMETER_BY_NAME.has(name) || name === 'config_directory';
  const value = expand(
    SourcedText.literal(text),
    (name) => (isKnown(name) ? parameters.value(name) : undefined),
    () => {},
  );
  return value.text;
}
