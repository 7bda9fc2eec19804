import { expect, it } from 'vitest';
import { looksLikeLdapUrl, parseLdapUrl } from '../../../src/tables/ldap/ldap-url.ts';

const ALL = '(objectClass=*)';
const BARE = {
  scheme: 'ldap',
  host: '',
  port: undefined,
  base: '',
  attributes: [],
  scope: 'base',
  filter: ALL,
};

it.each([
  ['ldap://', BARE],
  ['LDAPS://Host.Example:636', { ...BARE, scheme: 'ldaps', host: 'Host.Example', port: 636 }],
  ['ldap://[::1]:10389/', { ...BARE, host: '::1', port: 10_389 }],
  ['ldapi://%2Fvar%2Frun%2Fldapi', { ...BARE, scheme: 'ldapi', host: '/var/run/ldapi' }],
  [
    '<URL:ldap:///dc=a%20b?mail,cn?SUB?(cn=%2a)?!x=y>',
    {
      ...BARE,
      base: 'dc=a b',
      attributes: ['mail', 'cn'],
      scope: 'sub',
      filter: '(cn=*)',
    },
  ],
  ['ldap:///dc=x??onelevel', { ...BARE, base: 'dc=x', scope: 'one' }],
  ['ldap://host?mail', { ...BARE, host: 'host', attributes: ['mail'] }],
  ['ldap:///dc=x??children', undefined],
  ['ldap:///%zz', undefined],
  ['ldap://host:port/', undefined],
  ['http://host/', undefined],
])('%s', (text, url) => {
  expect(parseLdapUrl(text)).toEqual(url);
});

it('looks like one, or like a name', () => {
  const texts = [
    'ldap://x',
    'LDAPI://',
    '<ldaps://x>',
    'URL:ldap://x',
    'cldap://x',
    'host:389',
    'cn=ldap://x',
    'uid=a',
  ];
  expect(texts.map(looksLikeLdapUrl)).toEqual([true, true, true, true, true, false, false, false]);
});
