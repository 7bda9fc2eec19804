import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN_FILE_VARIABLE, ADMIN_TOKEN_VARIABLE } from '../../src/admin/auth/environment-token.ts';
import { API_VARIABLE, TOKEN_VARIABLE } from '../../src/cli/admin-client.ts';
import { formatDiagnostic } from '../../src/language/code-frame.ts';
import { formatSpan } from '../../src/language/source.ts';
import { settingsJsonSchema } from '../../src/settings/json-schema.ts';
import { type LoadedSettings, loadSettings, type SettingsInput } from '../../src/settings/load.ts';
import { SETTING_ROWS } from '../../src/settings/setting-rows.ts';

const root = resolve(import.meta.dirname, '../..');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'postward-settings-'));
  mkdirSync(join(directory, 'two'));
  for (const file of ['two/mx.cf', 'two/submission.cf', 'two/notes.txt', 'main.cf']) {
    writeFileSync(join(directory, file), '');
  }
});

afterAll(() => rmSync(directory, { recursive: true }));

function load(input: Partial<SettingsInput>, yaml?: string): LoadedSettings {
  const file = yaml === undefined ? undefined : join(directory, 'postward.yaml');
  if (file !== undefined) writeFileSync(file, yaml as string);
  const environment = { POSTWARD_POLICIES: yaml?.includes('policies:') ? '' : 'two', ...input.environment };
  return loadSettings({ directory, file, flags: {}, ...input, environment });
}

/** `line:column code: message`, the file left out. */
function mistakes(loaded: LoadedSettings): string[] {
  return loaded.diagnostics.map(({ code, message, span }) => {
    const place = span === undefined ? '' : `${formatSpan(span).replace(/^.*postward\.yaml:/, '')} `;
    return `${place}${code}: ${message}`;
  });
}

describe('defaults', () => {
  test('need nothing but a policy', () => {
    const { settings, diagnostics } = load({});
    expect(diagnostics).toEqual([]);
    expect(settings).toMatchObject({
      listen: [{ address: '127.0.0.1:10040', policy: 'mx' }],
      admin: { address: '127.0.0.1:10080' },
      permit_action: 'DUNNO',
      dns: { servers: [], timeout_ms: 2000 },
      decision: { deadline_seconds: 20 },
      data: join(directory, 'data'),
      lenient: false,
    });
  });

  test('are what config/postward.yaml shows, every one of them', () => {
    const input = { environment: {}, directory: root, flags: {} };
    const flags = { policies: join(directory, 'two') };
    const shown = loadSettings({ ...input, flags, file: join(root, 'config/postward.yaml') });
    expect(shown.diagnostics).toEqual([]);
    expect(shown.settings).toEqual(loadSettings({ ...input, flags, file: undefined }).settings);
  });

  test('are in the JSON Schema for editors', async () => {
    const schema = `${JSON.stringify(settingsJsonSchema(), undefined, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(root, 'config/postward.schema.json'));
  });
});

describe('layers', () => {
  test('flags win over the environment, which wins over the file', () => {
    const yaml = 'dns: { timeout_ms: 100, attempts: 1 }\npermit_action: OK\nlog: warn\n';
    const environment = { POSTWARD_DNS__TIMEOUT_MS: '200', POSTWARD_DATA: 'memory' };
    const { settings } = load({ environment, flags: { data: 'kept', 'dns.servers': ['::1'] } }, yaml);
    expect(settings).toMatchObject({
      dns: { timeout_ms: 200, attempts: 1, servers: ['[::1]:53'], lookahead: 16 },
      permit_action: 'OK',
      log: { level: 'warn', decisions: 'all' },
      data: join(directory, 'kept'),
    });
  });

  test('relative paths start where they were written', () => {
    const file = join(directory, 'two', 'postward.yaml');
    writeFileSync(file, 'data: here\nlisten: [unix:socket]\n');
    const inFile = loadSettings({ file, environment: {}, flags: { policies: 'two' }, directory });
    expect(inFile.settings?.data).toBe(join(directory, 'two', 'here'));
    expect(inFile.settings?.listen[0]?.address).toBe(`unix:${join(directory, 'two', 'socket')}`);
  });

  test('an environment variable may name a file that holds the value', () => {
    writeFileSync(join(directory, 'level'), 'debug\n');
    const { settings } = load({ environment: { POSTWARD_LOG__LEVEL_FILE: join(directory, 'level') } });
    expect(settings?.log.level).toBe('debug');
  });

  test('an empty environment variable is not set', () => {
    expect(load({ environment: { POSTWARD_ADMIN__ADDRESS: '' } }).settings?.admin.address).toBe(
      '127.0.0.1:10080',
    );
  });

  test('an unknown environment variable is a warning, since others put theirs there too', () => {
    const loaded = load({ environment: { POSTWARD_DNS__TIMOUT_MS: '200', POSTWARD_CONFIG: 'x', PATH: '/' } });
    expect(loaded.settings).toBeDefined();
    expect(loaded.diagnostics).toMatchObject([
      {
        severity: 'warning',
        message: 'the environment variable `POSTWARD_DNS__TIMOUT_MS` sets nothing',
        help: 'did you mean `POSTWARD_DNS__TIMEOUT_MS`?',
      },
    ]);
  });

  test.each([
    ['127.0.0.1:1, [::1]:2', [{ address: '127.0.0.1:1' }, { address: '[::1]:2' }]],
    ['[{address: "127.0.0.1:1", policy: submission}]', [{ address: '127.0.0.1:1', policy: 'submission' }]],
    ['[::1]:10040', [{ address: '[::1]:10040' }]],
    ['inet:localhost:25', [{ address: '127.0.0.1:25' }]],
  ])('POSTWARD_LISTEN=%s', (text, expected) => {
    const loaded = load({ environment: { POSTWARD_LISTEN: text } });
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.settings?.listen).toMatchObject(expected);
  });

  test('every setting can be set from the environment', () => {
    expect(new Set(SETTING_ROWS.map((row) => row.environmentName)).size).toBe(SETTING_ROWS.length);
    for (const row of SETTING_ROWS) {
      const loaded = load({ environment: { [row.environmentName]: '\u0000' } });
      expect(loaded.diagnostics.some((found) => found.code === 'unknown-setting')).toBe(false);
    }
  });

  test.each([API_VARIABLE, TOKEN_VARIABLE, ADMIN_TOKEN_VARIABLE, ADMIN_TOKEN_FILE_VARIABLE])(
    '%s is no setting, and no mistake',
    (name) => {
      const { diagnostics } = load({ environment: { [name]: 'x' } });
      expect(diagnostics.filter(({ code }) => code === 'unknown-setting')).toEqual([]);
    },
  );
});

describe('policies', () => {
  test('one file is a policy of its name, and the policy of every socket', () => {
    const { settings } = load({ flags: { policies: 'main.cf', listen: ['127.0.0.1:0', 'unix:a'] } });
    expect(settings?.policies).toBe(join(directory, 'main.cf'));
    expect(settings?.listen.map((socket) => socket.policy)).toEqual(['main', 'main']);
  });

  test('given as a flag decides for every socket, whatever the file says', () => {
    const yaml =
      'policies: two\ndefault_policy: mx\nlisten: [{ address: "127.0.0.1:0", policy: submission }]';
    const loaded = load({ flags: { policies: 'main.cf' } }, yaml);
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.settings?.listen).toEqual([{ address: '127.0.0.1:0', policy: 'main' }]);
  });

  test('given as a flag, a default policy among them counts', () => {
    writeFileSync(join(directory, 'two/other.cf'), '');
    const given = { flags: { policies: 'two' }, environment: { POSTWARD_DEFAULT_POLICY: 'other' } };
    expect(load(given).settings?.listen[0]?.policy).toBe('other');
    expect(load({ ...given, environment: {} }, 'default_policy: other').settings?.listen[0]?.policy).toBe(
      'other',
    );
    expect(load({ ...given, environment: {} }, 'default_policy: main').settings?.listen[0]?.policy).toBe(
      'mx',
    );
  });

  test('names and files of their own', () => {
    const yaml = 'policies: { in: main.cf, out: two/mx.cf }\ndefault_policy: in\n';
    const { settings } = load({}, yaml);
    expect(settings?.policies).toEqual({ in: join(directory, 'main.cf'), out: join(directory, 'two/mx.cf') });
    expect(settings?.listen[0]?.policy).toBe('in');
  });

  test('with several and no default there is a mistake, not a guess', () => {
    const loaded = load({}, 'policies: { a: main.cf, b: main.cf }');
    expect(mistakes(loaded)).toEqual(['unknown-policy: the socket `127.0.0.1:10040` has no policy']);
  });

  test.each([
    ['nowhere', /^no-policy: cannot read policies from .*nowhere`: no such file or directory$/],
    ['.', /^no-policy: no policy file/],
  ])('none at %s', (path, message) => {
    mkdirSync(join(directory, 'empty'), { recursive: true });
    const loaded = load({ flags: { policies: path === '.' ? 'empty' : path } });
    expect(loaded.settings).toBeUndefined();
    expect(mistakes(loaded)).toEqual([expect.stringMatching(message)]);
  });
});

describe('mistakes', () => {
  test('are all reported, each at its place', () => {
    const loaded = load(
      {},
      [
        'lisen: x',
        'dns:',
        '  timeout_ms: soon',
        '  attempts: 0',
        '  servers: [resolver.example, 127.0.0.1]',
        'admin: 10080',
        'log: { level: loud, colour: yes }',
        'lenient: maybe',
        'limits: 5',
        'data:',
        'permit_action: [OK]',
      ].join('\n'),
    );
    expect(loaded.settings).toBeUndefined();
    expect(mistakes(loaded)).toEqual([
      '1:1 unknown-setting: unknown setting `lisen`',
      '3:15 invalid-setting: `dns.timeout_ms` must be a whole number from 50 to 30000, not `soon`',
      '4:13 invalid-setting: `dns.attempts` must be a whole number from 1 to 10, not `0`',
      '5:13 invalid-setting: `dns.servers.0` must be a DNS server like `192.0.2.1`, `192.0.2.1:5353` or `[2001:db8::1]:53`, not `resolver.example`',
      '6:8 invalid-setting: `admin.address` must be an address like `127.0.0.1:10040`, `[::1]:10040` or `unix:/path`, or `off`, not `10080`',
      '7:15 invalid-setting: `log.level` must be one of `debug`, `info`, `warn`, `error`, not `loud`',
      '7:21 unknown-setting: unknown setting `log.colour`',
      '8:10 invalid-setting: `lenient` must be `yes` or `no`, not `maybe`',
      '9:9 invalid-setting: `limits` must be a group of settings, not `5`',
      '10:6 invalid-setting: `data` must be a directory, or `memory`, but has no value',
      '11:16 invalid-setting: `permit_action` must be one of `DUNNO`, `OK`',
    ]);
    expect(loaded.diagnostics[0]?.help).toBe('did you mean `listen`?');
  });

  test.each([
    ['a: [', '1:5 settings-syntax: '],
    ['dns: {}\ndns: {}', '2:1 settings-syntax: not valid YAML: map keys must be unique'],
    ['dns: &a {}\nlog: *a', '2:6 settings-syntax: YAML aliases are not supported in settings'],
    ['- a', '1:1 invalid-setting: the settings must be a group of settings'],
    ['listen: []', '1:9 invalid-setting: `listen` must be a list with at least one member'],
    ['listen: [{policy: mx}]', '1:10 missing-setting: `listen.0` needs `address`'],
    ['listen: [{address: "127.0.0.1:99999"}]', '1:20 invalid-setting: `listen.0.address` must be'],
    ['listen: [{address: "unix:a", mode: 0999}]', '1:36 invalid-setting: `listen.0.mode` must be an octal'],
    ['listen: [{address: "unix:a", policy: mxx}]', '1:38 unknown-policy: there is no policy `mxx`'],
    ['default_policy: submision', '1:17 unknown-policy: there is no policy `submision`'],
    [
      'listen: ["127.0.0.1:5", "127.0.0.1:5"]',
      '1:25 duplicate-address: the address `127.0.0.1:5` is used twice',
    ],
    ['listen: 127.0.0.1:10080', '1:9 duplicate-address'],
    ['policies: { "a b": main.cf }', '1:13 invalid-setting: `policies` must be a policy name, not `a b`'],
  ])('%j', (yaml, expected) => {
    const loaded = load({}, yaml);
    expect(loaded.settings).toBeUndefined();
    expect(mistakes(loaded)[0]).toContain(expected);
  });

  test('a file that is not there', () => {
    const loaded = load({ file: 'nowhere.yaml' });
    expect(mistakes(loaded)).toEqual([
      `settings-file: cannot read the settings file \`${join(directory, 'nowhere.yaml')}\`: no such file or directory`,
    ]);
  });

  test('in flags and environment point at the flag and the variable', () => {
    const loaded = load({ flags: { listen: ['127.0.0.1'] }, environment: { POSTWARD_LENIENT: 'x' } });
    expect(mistakes(loaded).map((line) => line.split(':')[0])).toEqual(['POSTWARD_LENIENT', '--listen']);
  });

  test('no text whatever makes it throw', () => {
    const word = fc.constantFrom(
      'listen',
      'dns',
      'policies',
      ':',
      '-',
      '{',
      '}',
      '[',
      ']',
      '\n',
      '  ',
      'a',
      '&a',
      '*a',
      '!!x',
      '"',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 12 }), (words) => {
        const loaded = load({}, words.join(''));
        expect(loaded.settings === undefined).toBe(loaded.diagnostics.some((d) => d.severity === 'error'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('redis', () => {
  test('is set in one way', () => {
    const yaml = `redis:
  url: redis://localhost
  cluster: [one.test:1]
  password: a
  password_file: b
`;
    expect(mistakes(load({}, yaml))).toEqual([
      '3:12 redis-settings: `redis.url` and `redis.cluster` cannot both be used',
      '5:18 redis-settings: `redis.password` and `redis.password_file` are both set',
    ]);
  });

  test.each([
    ['redis://one.test', true],
    ['redis://one.test:6380/2', true],
    ['rediss://user:pass%3Aword@one.test/', true],
    ['redis://[2001:db8::1]:6379', true],
    ['unix:/run/redis.sock', true],
    ['redis://one.test:0', false],
    ['redis://one.test/x', false],
    ['redis://a%ZZ@one.test', false],
    ['unix:redis.sock', false],
    ['http://one.test', false],
    ['one.test:6379', false],
  ])('%s: %s', (url, isUrl) => {
    expect(load({ environment: { POSTWARD_REDIS__URL: url } }).settings?.redis.url).toBe(
      isUrl ? url : undefined,
    );
  });

  test('a mistake in what may hold a password does not show it', () => {
    const loaded = load({}, 'redis:\n  url: redis://me:hunter2@one.test:x\n  password: [hunter2]\n');
    expect(mistakes(loaded)).toEqual([
      '2:8 invalid-setting: `redis.url` must be `redis://HOST:PORT`, `rediss://HOST:PORT` or `unix:/path`',
      '3:13 invalid-setting: `redis.password` must be a text',
    ]);
    const shown = loaded.diagnostics.map((found) => formatDiagnostic(found, { colour: false }));
    expect(shown.join()).toContain('***');
    expect(shown.join()).not.toContain('hunter2');
  });
});

describe('an admin address that other machines reach', () => {
  const codes = (environment: Record<string, string>) =>
    load({ environment }).diagnostics.map(({ code, message }) => `${code}: ${message}`);

  test.each([
    [{ POSTWARD_ADMIN__ADDRESS: '127.0.0.1:1' }],
    [{ POSTWARD_ADMIN__ADDRESS: '[::1]:1' }],
    [{ POSTWARD_ADMIN__ADDRESS: 'unix:/run/admin' }],
    [{ POSTWARD_ADMIN__ADDRESS: '192.0.2.1:1', POSTWARD_ADMIN__BEHIND_PROXY: 'yes' }],
    [
      {
        POSTWARD_ADMIN__ADDRESS: '0.0.0.0:1',
        POSTWARD_ADMIN__TLS__CERTIFICATE: '/c',
        POSTWARD_ADMIN__TLS__KEY: '/k',
      },
    ],
  ])('or not: %j is well', (environment) => {
    expect(codes(environment)).toEqual([]);
  });

  test.each([
    [{ POSTWARD_ADMIN__ADDRESS: '0.0.0.0:1' }, 'other machines reach the admin address `0.0.0.0:1`'],
    [{ POSTWARD_ADMIN__ADDRESS: '[::]:1' }, 'other machines reach the admin address `[::]:1`'],
    [{ POSTWARD_ADMIN__ADDRESS: '192.0.2.1:1' }, 'other machines reach'],
    [
      { POSTWARD_ADMIN__TLS__CERTIFICATE: '/c' },
      '`admin.tls.certificate` is set, and `admin.tls.key` is not',
    ],
    [
      {
        POSTWARD_ADMIN__ADDRESS: 'off',
        POSTWARD_ADMIN__TLS__CERTIFICATE: '/c',
        POSTWARD_ADMIN__TLS__KEY: '/k',
      },
      '`admin.tls` is set, and `admin.address` is `off`',
    ],
  ])('needs TLS or a proxy: %j', (environment, message) => {
    expect(codes(environment)).toEqual([expect.stringContaining(message)]);
  });
});
