/** Map files with the password of a server that every user of the machine can read. */
import { PARAMETER_BY_NAME } from '../../parameters.ts';
import type { LintRule } from '../lint-rule.ts';
import { readSmallFile } from '../small-file.ts';

const SERVER_TABLE = /(?<![^\s,{:])(?:mysql|pgsql|ldap):((?:\$\{\w+\}|[^\s,}])+)/g;
const PASSWORD = /^[ \t]*(?:password|bind_pw)[ \t]*=[ \t]*\S|^[ \t]*hosts[ \t]*=.*:\/\/[^\s/@]*:[^\s/@]+@/m;
const CONFIG_DIRECTORY = /^\$(?:config_directory|\{config_directory\}|\(config_directory\))/;

const READABLE_BY_OTHERS = 0o004;
/** Map files have ten lines. */
const MAX_BYTES = 64 * 1024;

export const worldReadablePassword: LintRule = {
  code: 'world-readable-password',
  severity: 'warning',
  summary: 'A mysql, pgsql or ldap map file with a password that everybody on the machine can read.',
  reason: 'Whoever gets a shell, or a web application to show him a file, has the mail database.',
  example: 'virtual_mailbox_maps = mysql:$config_directory/access',
  exampleTable: "dbname = mail\nquery = SELECT 1 WHERE '%s' = ''\nuser = postfix\npassword = secret\n",
  *check({ assignments, parameters }) {
    const told = new Set<string>();
    for (const assignment of assignments) {
      const { name } = assignment;
      const value = PARAMETER_BY_NAME.has(name) ? parameters.value(name) : assignment.value;
      for (const found of value.text.matchAll(SERVER_TABLE)) {
        const path = (found[1] ?? '').replace(CONFIG_DIRECTORY, () => parameters.text('config_directory'));
        if (told.has(path) || !isTellingAll(path)) continue;
        told.add(path);
        yield {
          message: `every user of this machine can read the password in \`${path}\``,
          span: value.span(found.index, found.index + found[0].length),
          help: `run \`chmod o= ${path}\`, and let the group that Postward runs as read it`,
        };
      }
    }
  },
};

function isTellingAll(path: string): boolean {
  const file = readSmallFile(path, MAX_BYTES);
  return file !== undefined && (file.mode & READABLE_BY_OTHERS) !== 0 && PASSWORD.test(file.text);
}
