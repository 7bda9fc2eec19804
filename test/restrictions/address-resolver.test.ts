import { describe, expect, it } from 'vitest';
import { AddressResolver, type AddressResolverOptions } from '../../src/restrictions/address-resolver.ts';
import { TableFailure } from '../../src/tables/table.ts';

/** Stands for a match list: these names, or a list that waits, or fails. */
const listOf = (...names: string[]) => ({ matches: (name: string) => names.includes(name) });

function resolver(changes: Partial<AddressResolverOptions> = {}): AddressResolver {
  return new AddressResolver({
    myorigin: 'origin.test',
    mydomain: 'my.test',
    myhostname: 'mx.my.test',
    emptyAddressRecipient: 'MAILER-DAEMON',
    appendsMyorigin: true,
    appendsMydomain: false,
    swapsBangpath: true,
    allowsPercentHack: true,
    resolvesDequoted: true,
    mydestination: listOf('dest.test', 'mx.my.test', 'origin.test'),
    virtualAliasDomains: listOf('alias.test'),
    virtualMailboxDomains: listOf('mailbox.test'),
    relayDomains: listOf('relay.test'),
    ownAddresses: new Set(['192.0.2.1', '2001:db8::1']),
    ...changes,
  });
}

describe('AddressResolver', () => {
  it.each([
    ['bob@dest.test', 'bob@dest.test', 'local', false],
    ['Bob@DEST.test.', 'bob@dest.test', 'local', false],
    ['bob', 'bob@origin.test', 'local', false],
    ['x@alias.test', 'x@alias.test', 'alias', false],
    ['x@mailbox.test', 'x@mailbox.test', 'mailbox', false],
    ['x@relay.test', 'x@relay.test', 'relay', false],
    ['x@other.test', 'x@other.test', 'default', false],
    ['x%relay.test@dest.test', 'x@relay.test', 'relay', false],
    ['x%other.test@relay.test', 'x%other.test@relay.test', 'relay', true],
    ['x%y%other.test@dest.test', 'x%y@other.test', 'default', true],
    ['other.test!x@dest.test', 'x@other.test', 'default', false],
    ['other.test!x', 'x@other.test', 'default', false],
    ['a@other.test@dest.test', 'a@other.test', 'default', false],
    ['a@b@other.test', 'a@b@other.test', 'default', true],
    ['a b@dest.test', 'a b@dest.test', 'local', false],
    ['@dest.test', 'mailer-daemon@dest.test', 'local', false],
    ['@relay.test:bob@dest.test', 'bob@dest.test', 'local', false],
    ['bob@[192.0.2.1]', 'bob@[192.0.2.1]', 'local', false],
    ['bob@[IPv6:2001:db8::1]', 'bob@[ipv6:2001:db8::1]', 'local', false],
    ['bob@[192.0.2.88]', 'bob@[192.0.2.88]', 'default', false],
    ['bob@no_such..name', 'bob@no_such..name', 'default', false],
  ])('%s resolves to %s (%s)', (address, resolved, addressClass, isRouted) => {
    expect(resolver().resolve(address)).toMatchObject({ address: resolved, addressClass, isRouted });
  });

  it('appends .mydomain for old compatibility levels', () => {
    expect(resolver({ appendsMydomain: true }).resolve('a@host')).toMatchObject({
      address: 'a@host.my.test',
    });
  });

  it('leaves % and ! alone where those hacks are off', () => {
    const plain = resolver({ allowsPercentHack: false, swapsBangpath: false });
    expect(plain.resolve('x%other.test@dest.test')).toMatchObject({
      address: 'x%other.test@dest.test',
      addressClass: 'local',
      isRouted: true,
    });
  });

  it('waits for a list that has to', async () => {
    const slow = { matches: (name: string) => Promise.resolve(name === 'slow.test') };
    await expect(resolver({ relayDomains: slow }).resolve('x@slow.test')).resolves.toMatchObject({
      addressClass: 'relay',
    });
  });

  it('is a failure when a list is', () => {
    const broken = { matches: () => new TableFailure('down') };
    expect(resolver({ virtualAliasDomains: broken }).resolve('x@other.test')).toBeInstanceOf(TableFailure);
  });

  it('ends for any address', () => {
    const address = `x${'%dest.test'.repeat(5000)}@dest.test`;
    expect(resolver().resolve(address)).toBeInstanceOf(TableFailure);
  });
});
