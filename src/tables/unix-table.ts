/**
 * `unix:passwd.byname` and `unix:group.byname`: users and groups of the machine
 * that Postward runs on, as getpwnam(3) and getgrnam(3) find them. Those of
 * /etc/passwd and /etc/group are at hand; others are asked for by getent(1)
 * where nsswitch.conf(5) says that there are others.
 */
import { readFileSync } from 'node:fs';
import { NoAnswer } from '../databases/connection.ts';
import { connectNameService, type NameService } from '../databases/name-service.ts';
import { ServerPool } from '../databases/server-pool.ts';
import { foldCase } from './fold-case.ts';
import type { NameError } from './inline-table.ts';
import { LookupCache } from './lookup-cache.ts';
import { TableFailure } from './table.ts';
import { type ContentReader, LINES_PER_SLICE } from './table-content.ts';
import { isUtf8Text } from './utf8-text.ts';

type Database = NameService['database'];

export interface LocatedFile {
  readonly path: string;
  readonly read: ContentReader;
}

const SWITCH = '/etc/nsswitch.conf';

/** Sources whose users are in the file; systemd's are services, which get no mail. */
const IN_FILE: readonly string[] = ['files', 'compat', 'systemd', 'altfiles'];

/** Processes at a time. */
const MAX_PROCESSES = 2;

export function locateUnix(name: string): LocatedFile | NameError {
  if (name === 'passwd.byname') return { path: '/etc/passwd', read: unixReader('passwd') };
  if (name === 'group.byname') return { path: '/etc/group', read: unixReader('group') };
  return { error: 'no such table', help: 'there are `unix:passwd.byname` and `unix:group.byname`' };
}

/** @param switchFile says where else users are */
export function unixReader(database: Database, switchFile: string = SWITCH): ContentReader {
  const entryOf = database === 'passwd' ? userEntry : groupEntry;
  return function* (source, _report, tables) {
    const entries = new Map<string, string>();
    for (const [at, line] of source.text.split('\n').entries()) {
      if (at % LINES_PER_SLICE === LINES_PER_SLICE - 1) yield;
      const entry = entryOf(line);
      const name = entry?.slice(0, entry.indexOf(':')) ?? '';
      // The first of several counts.
      if (entry !== undefined && !entries.has(name)) entries.set(name, entry);
    }
    // As in Postfix, names in capitals are never found.
    if (!hasOtherSources(database, switchFile)) return { lookup: (key) => entries.get(foldCase(key)) };
    const { pool, release } = tables.pools.lease(`unix ${database}`, () => {
      const service: NameService = { database, isLocal: true, label: 'getent' };
      return new ServerPool([service], connectNameService, {
        ...tables.limits,
        maxConnections: MAX_PROCESSES,
      });
    });
    const others = new LookupCache(async (key) => {
      const line = await pool.ask(key);
      if (line instanceof NoAnswer) return new TableFailure(`unix:${database}.byname: ${line.reason}`);
      return line === null ? undefined : entryOf(line);
    }, tables.limits);
    return {
      lookup: (key) => {
        const name = foldCase(key);
        const entry = entries.get(name);
        if (entry !== undefined) return entry;
        return name === '' || name.includes('\0') || !isUtf8Text(name) ? undefined : others.lookup(name);
      },
      close: release,
    };
  };
}

function hasOtherSources(database: Database, switchFile: string): boolean {
  let text: string;
  try {
    text = readFileSync(switchFile, 'utf8');
  } catch {
    // glibc's own default is the files.
    return false;
  }
  const line = new RegExp(`^[ \\t]*${database}:([^#\\n]*)`, 'm').exec(text)?.[1] ?? '';
  const sources = line.replace(/\[[^\]]*\]/g, ' ').split(/\s+/);
  return sources.some((source) => source !== '' && !IN_FILE.includes(source));
}

/** passwd(5), as Postfix writes an entry; undefined for a line that is none. */
function userEntry(line: string): string | undefined {
  const [name = '', password = '', uid = '', gid = '', gecos = '', home = '', ...shell] = line
    .trimStart()
    .split(':');
  if (!isName(name) || !/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return [name, password, Number(uid), Number(gid), gecos, home, shell.join(':')].join(':');
}

/** group(5) */
function groupEntry(line: string): string | undefined {
  const [name = '', password = '', gid = '', members = ''] = line.trimStart().split(':');
  if (!isName(name) || !/^\d+$/.test(gid)) return undefined;
  const names = members.split(',').map((member) => member.trim());
  return [name, password, Number(gid), names.filter((member) => member !== '').join(',')].join(':');
}

/** `+` and `-` begin lines of the old NIS syntax. */
function isName(name: string): boolean {
  return name !== '' && !/^[#+-]/.test(name);
}
