import { describe, expect, test } from 'vitest';
import { openAdmin } from '../../src/admin/admin-listener.ts';
import type { HealthCheck } from '../../src/admin/health.ts';
import { healthRoutes } from '../../src/admin/routes/health-routes.ts';
import { run } from '../../src/cli/cli.ts';
import type { SocketAddress } from '../../src/net/socket-address.ts';
import { SETTING_ROWS } from '../../src/settings/setting-rows.ts';
import { VERSION } from '../../src/util/version.ts';
import { ADMIN_OPTIONS } from '../support/admin-options.ts';
import { FakeTerminal } from '../support/fake-terminal.ts';

const ANY_PORT: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };

async function type(words: string, terminal = new FakeTerminal()) {
  const exitCode = await run(
    ['node', 'postward', ...words.split(' ').filter((word) => word !== '')],
    terminal,
  );
  return { exitCode, output: terminal.output, errors: terminal.errors };
}

describe('what is typed', () => {
  test('--version', async () => {
    expect(await type('--version')).toEqual({ exitCode: 0, output: `${VERSION}\n`, errors: '' });
    expect(VERSION).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('nothing: the help, as a mistake', async () => {
    const { exitCode, output, errors } = await type('');
    expect([exitCode, output]).toEqual([2, '']);
    for (const name of ['serve', 'check', 'explain', 'import', 'health'])
      expect(errors).toContain(`\n  ${name} `);
  });

  test('help of serve has every flag of the table, with its variable', async () => {
    const { exitCode, output } = await type('serve --help');
    expect(exitCode).toBe(0);
    const flat = output.replace(/\s+/g, ' ');
    const rows = SETTING_ROWS.filter(({ flag }) => flag !== undefined);
    expect(rows.length).toBeGreaterThanOrEqual(6);
    for (const { flag, environmentName } of rows) {
      expect(flat).toContain(` ${flag?.replace('...', '')} `);
      expect(flat).toContain(`(${environmentName}`);
    }
  });

  test.each([
    ['sevre', "postward: unknown command 'sevre'"],
    ['serve --lisen x', "postward: unknown option '--lisen'"],
    ['serve --listen', "postward: option '--listen <address>' argument missing"],
    ['serve extra', 'postward: too many arguments'],
  ])('`%s` is a mistake of usage', async (words, message) => {
    const { exitCode, output, errors } = await type(words);
    expect([exitCode, output]).toEqual([2, '']);
    expect(errors).toContain(message);
  });

  test('wrong settings are told with their place, all of them', async () => {
    const terminal = new FakeTerminal();
    terminal.environment = { POSTWARD_DNS__ATTEMPTS: 'many' };
    const { exitCode, errors } = await type('serve --listen here --admin there', terminal);
    expect(exitCode).toBe(1);
    expect(errors).toContain('--listen:1:1: error[invalid-setting]: `listen.0.address` must be an address');
    expect(errors).toContain('--admin:1:1: error[invalid-setting]');
    expect(errors).toContain('POSTWARD_DNS__ATTEMPTS:1:1: error[invalid-setting]');
    expect(errors).toContain('postward: the settings have mistakes\nhelp: ');
    expect(errors).not.toMatch(/\n\s+at /);
  });

  test('a settings file may be named in the environment', async () => {
    const terminal = new FakeTerminal();
    terminal.environment = { POSTWARD_CONFIG: 'elsewhere.yaml' };
    const { exitCode, errors } = await type('health', terminal);
    expect(exitCode).toBe(1);
    expect(errors).toContain('cannot read the settings file `/nowhere/elsewhere.yaml`: no such file');
  });
});

describe('health', () => {
  async function ask(checks: readonly HealthCheck[]) {
    const routes = [healthRoutes({ checks: () => checks }, '1.2.3')];
    const listener = await openAdmin(ANY_PORT, { ...ADMIN_OPTIONS, routes });
    try {
      return await type(`health --admin ${listener.address}`);
    } finally {
      await listener.close(1000);
    }
  }

  test.each([
    ['pass', 0],
    ['warn', 0],
    ['fail', 1],
  ] as const)('%s exits with %d', async (status, exitCode) => {
    const answer = await ask([{ name: 'policies', status, reason: 'that is\u001b[2J how it is' }]);
    expect(answer).toEqual({
      exitCode,
      output: `${status} postward 1.2.3\n  ${status} policies: that is␛[2J how it is\n`,
      errors: '',
    });
  });

  test('with very much to see to', async () => {
    const reason = 'smtpd_data_restrictions of the policy was never asked for | '.repeat(3000);
    expect(await ask([{ name: 'wiring', status: 'warn', reason }])).toMatchObject({
      exitCode: 0,
      errors: '',
    });
  });

  test('nobody there', async () => {
    const listener = await openAdmin(ANY_PORT, { ...ADMIN_OPTIONS, routes: [] });
    const { address } = listener;
    const other = await type(`health --admin ${address}`);
    await listener.close(1000);
    const nobody = await type(`health --admin ${address}`);
    expect([other.exitCode, nobody.exitCode]).toEqual([1, 1]);
    expect(other.errors).toContain(
      `postward: no health from \`${address}\`: it is not a Postward that answers`,
    );
    expect(nobody.errors).toBe(
      `postward: no health from \`${address}\`: connection refused\nhelp: is the daemon running, and is this its admin address?\n`,
    );
  });

  test('off', async () => {
    expect((await type('health --admin off')).errors).toContain('postward: the admin address is off');
  });
});
