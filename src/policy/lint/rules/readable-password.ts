/** Files with the password of a database that every user of the machine can read. */
import type { LintRule } from '../lint-rule.ts';
import { readSmallFile } from '../small-file.ts';

const DATABASE_TABLE = /(?<![^\s,{:])(?:mysql|pgsql|ldap):((?:\$\{\w+\}|[^\s,}])+)/g;
const PASSWORD = /^[ \t]*(password|bind_pw)[ \t]*=[ \t]*\S/m;
const CONFIG_DIRECTORY = /^\$(?:config_directory|\{config_directory\}|\(config_directory\))/;

const READABLE_BY_OTHERS = 0o004;
/** Map files have ten lines. */
const MAX_BYTES = 64 * 1024;

export const readablePassword: LintRule = {
  code: 'readable-password',
  severity: 'warning',
  summary: 'A mysql, pgsql or ldap map file with a password that everybody on the machine can read.',
  reason: 'Whoever gets a shell, or a web application to show him a file, has the mail database.',
  example: 'virtual_mailbox_maps = mysql:$config_directory/access',
  exampleTable: 'user = postfix\npassword = secret\n',
  *check({ assignments, parameters }) {
    for (const { value } of assignments) {
      for (const found of value.text.matchAll(DATABASE_TABLE)) {
        const path = (found[1] ?? '').replace(CONFIG_DIRECTORY, () => parameters.text('config_directory'));
        const word = passwordIn(path);
        if (word === undefined) continue;
        yield {
          message: `everybody on this machine can read \`${path}\`, which has a ${word}`,
          span: value.span(found.index, found.index + found[0].length),
          help: `run \`chmod o-r ${path}\`, and give it the group that Postfix and Postward run as`,
        };
      }
    }
  },
};

/** What the file calls its password, if others can read it. */
function passwordIn(path: string): string | undefined {
  const file = readSmallFile(path, MAX_BYTES);
  if (file === undefined || (file.mode & READABLE_BY_OTHERS) === 0) return undefined;
  return PASSWORD.exec(file.text)?.[1];
}
