import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compilePolicyText } from '../support/compiled-policy.ts';

const LISTS =
  'smtpd_sender_restrictions = check_sender_access inline:{ {root@name.test = REJECT}, {root@mx.dest.test = DEFER} }\n';

function reply(myorigin: string) {
  const policy = compilePolicyText(`myorigin = ${myorigin}\nmyhostname = mx.dest.test\n${LISTS}`);
  return { policy, reply: () => policy.reply({ request: { sender: 'root' } }) };
}

test('myorigin may be a file that holds the name', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'postward-origin-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'mailname');
  writeFileSync(file, 'name.test\n');
  const { policy, reply: ask } = reply(file);
  expect(policy.errors).toEqual([]);
  expect(await ask()).toContain('554 5.7.1 <root>: Sender address rejected');
});

test('a file that cannot be read is a mistake, and myhostname stands in', async () => {
  const { policy, reply: ask } = reply('/nonexistent/mailname');
  expect(policy.errors.map(({ code }) => code)).toEqual(['unreadable-origin']);
  expect(await ask()).toContain('450 4.7.1 <root>: Sender address rejected');
});

test('$default_database_type is hash', () => {
  const policy = compilePolicyText(
    'smtpd_client_restrictions = check_client_access $default_database_type:/nonexistent/clients\n',
  );
  expect(policy.errors.map(({ message }) => message).join()).toContain('/nonexistent/clients');
});
