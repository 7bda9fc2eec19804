/** unix: tables, and Postfix as the other reader of the same machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Source } from '../../src/language/source.ts';
import { TableFailure } from '../../src/tables/table.ts';
import type { TableContent } from '../../src/tables/table-content.ts';
import { unixReader } from '../../src/tables/unix-table.ts';
import { compilePolicyText } from '../support/compiled-policy.ts';
import { bothFind, MapDirectory } from './map-directory.ts';
import { hasPostmap } from './postmap.ts';

let maps: MapDirectory;

beforeEach(() => {
  maps = new MapDirectory();
});

afterEach(() => maps.close());

const open = (spec: string) =>
  maps.tables.open(spec, undefined, (diagnostic) => maps.diagnostics.push(diagnostic));

/** The content of a file that is not the machine's own. */
function read(database: 'passwd' | 'group', text: string, nameServiceSwitch: string): TableContent {
  const switchFile = join(maps.path, 'nsswitch.conf');
  writeFileSync(switchFile, nameServiceSwitch);
  const slices = unixReader(database, switchFile)(new Source('/etc/passwd', text), () => {}, maps.tables);
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}

const names = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0] ?? '')
    .filter((name) => name !== '');

describe('a unix: table', () => {
  it.skipIf(!hasPostmap)('finds what Postfix finds', async () => {
    for (const [spec, file] of [
      ['unix:passwd.byname', '/etc/passwd'],
      ['proxy:unix:group.byname', '/etc/group'],
    ] as const) {
      const known = names(file);
      expect(known).toContain('root');
      const keys = [...known, 'ROOT', 'nobody-of-that-name', 'root@example.test', '+', 'x:y'];
      const { ours, postfix } = await bothFind(open(spec), keys);
      expect(ours).toEqual(postfix);
      expect(ours[0]).toMatch(/^\w+:/);
    }
    expect(maps.diagnostics).toEqual([]);
  });

  it('reads users and groups line by line, and passes over what is none', async () => {
    const users = read(
      'passwd',
      'root:x:0:0:root:/root:/bin/bash\n# ada:x:1:1:::\n+ben:x:2:2:::\n  carl:x:03:03\ndan:x:y:4:::\nroot:x:9:9:again::\neve:x:5:5:Eve,,,:/home/eve:/bin/sh:-c\nFritz:x:6:6:::',
      'passwd: files systemd\n',
    );
    const found = ['root', 'ada', 'ben', '+ben', 'carl', 'dan', 'EVE', 'Fritz', '', '0'].map((key) =>
      users.lookup(key),
    );
    expect(found).toEqual([
      'root:x:0:0:root:/root:/bin/bash',
      undefined,
      undefined,
      undefined,
      'carl:x:3:3:::',
      undefined,
      'eve:x:5:5:Eve,,,:/home/eve:/bin/sh:-c',
      undefined,
      undefined,
      undefined,
    ]);
    const groups = read('group', 'wheel:x:10:ada, ben,\nempty:x:11:\nbroken:x\n', '');
    expect(['wheel', 'empty', 'broken'].map((key) => groups.lookup(key))).toEqual([
      'wheel:x:10:ada,ben',
      'empty:x:11:',
      undefined,
    ]);
  });

  it('asks the name service for users that are not in the file, where there can be others', async () => {
    const users = read('passwd', 'ada:x:1:1:::\n', 'passwd: files [NOTFOUND=continue] sss # directory\n');
    expect(users.lookup('ada')).toBe('ada:x:1:1:::');
    expect(await users.lookup('Root')).toMatch(/^root:x:0:0:/);
    expect(await users.lookup('nobody-of-that-name')).toBeUndefined();
    // A number is no name, and an option is none either.
    expect(await users.lookup('0')).toBeUndefined();
    expect(await users.lookup('--help')).toBeUndefined();
    users.close?.();
    expect(await users.lookup('another')).toBeInstanceOf(TableFailure);
  });

  it('of another name is none', async () => {
    expect(await open('unix:shadow.byname').lookup('root')).toBeInstanceOf(TableFailure);
    expect(maps.diagnostics).toMatchObject([
      { severity: 'error', message: 'no such table: `unix:shadow.byname`' },
    ]);
  });
});

describe('local_recipient_maps as Postfix has it by default', () => {
  const policyOf = (aliases: string): ReturnType<typeof compilePolicyText> => {
    const path = maps.write('aliases', aliases);
    return compilePolicyText(
      `local_recipient_maps = proxy:unix:passwd.byname $alias_maps\nalias_maps = hash:${path}\nmydestination = dest.test\nsmtpd_recipient_restrictions = reject_unauth_destination\n`,
    );
  };

  it('knows users and aliases, and nobody else', async () => {
    const policy = policyOf('abuse: root\n"odd name": root\n');
    expect(policy.errors).toEqual([]);
    const reply = async (user: string): Promise<string> =>
      await policy.reply({ request: { recipient: `${user}@dest.test` } });
    for (const user of ['root', 'Abuse', 'postmaster']) expect(await reply(user)).not.toMatch(/^[45]/);
    expect(await reply('nobody-of-that-name')).toMatch(
      /^550 5\.1\.1 .*User unknown in local recipient table/,
    );
  });
});
