/** A directory, and map files and search strings that we must answer from it as Postfix does. */

export const SUFFIX = 'dc=example,dc=test';

type Values = string | readonly string[] | Buffer;

function entry(dn: string, objectClass: string, attributes: Readonly<Record<string, Values>>): string {
  const lines = [`dn:: ${base64(`${dn},${SUFFIX}`)}`, `objectClass: ${objectClass}`];
  for (const [name, values] of Object.entries(attributes)) {
    for (const value of typeof values === 'string' || Buffer.isBuffer(values) ? [values] : values) {
      lines.push(`${name}:: ${base64(value)}`);
    }
  }
  return `${lines.join('\n')}\n\n`;
}

function base64(value: string | Buffer): string {
  return Buffer.from(value).toString('base64');
}

function thing(
  cn: string,
  attributes: Readonly<Record<string, Values>>,
  above: string = 'ou=people',
): string {
  return entry(`cn=${cn},${above}`, 'mailthing', {
    cn: cn.replace(/\\([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    ...attributes,
  });
}

function url(path: string): string {
  return `ldap:///${path}`;
}

const person = (cn: string): string => `cn=${cn},ou=people,${SUFFIX}`;
const group = (cn: string): string => `cn=${cn},ou=groups,${SUFFIX}`;
const inGroups = (cn: string, attributes: Readonly<Record<string, Values>>): string =>
  thing(cn, attributes, 'ou=groups');

const many = Array.from({ length: 60 }, (_, at) =>
  thing(`many${at}`, { description: 'many', maildrop: `m${at}@d` }),
);

export const SAMPLE_LDIF: string = [
  `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n\n`,
  ...['people', 'groups', 'secret', 'example.test', 'sub.example.test'].map((ou) =>
    entry(`ou=${ou}`, 'organizationalUnit', { ou }),
  ),
  `dn: cn=postfix,${SUFFIX}\nobjectClass: mailthing\ncn: postfix\nuserPassword: s3 cret\n\n`,
  thing('info', { mail: 'info@example.test', maildrop: ['alice@example.test', 'bob@example.test'] }),
  thing('root', {
    mail: 'root@example.test',
    mailacceptinggeneralid: 'root@example.test',
    maildrop: 'alice@example.test',
  }),
  thing('catch', { mail: '@example.test', maildrop: 'catch' }),
  thing('plain', { mail: 'plain', maildrop: 'user@plain.test' }),
  thing('nothing', { mail: 'nothing@example.test' }),
  thing('quote', { mail: "o'neill@example.test", maildrop: 'quote' }),
  thing('blank', { mail: '"a b"@example.test', maildrop: 'blank' }),
  thing('percent', { mail: '100%@example.test', maildrop: 'percent' }),
  thing('at', { mail: 'x@sub.example.test', maildrop: 'at@b@c' }),
  thing('odd', { mail: 'odd@example.test', maildrop: ['@odd', 'odd@'] }),
  thing('star', { mail: 'a*b@example.test', maildrop: 'star' }),
  thing('brackets', { mail: '(a)@example.test', maildrop: 'brackets' }),
  thing('backslash', { mail: 'a\\b@example.test', maildrop: 'backslash' }),
  thing('umlaut', { mailacceptinggeneralid: 'jörg@example.test', maildrop: 'josé' }),
  thing('latin', { mail: 'latin@example.test', bytes: Buffer.from('jos\xe9', 'latin1') }),
  thing('zero', { mail: 'zero@example.test', bytes: Buffer.from('be\0fore') }),
  thing('german', { mail: 'german@example.test', 'description;lang-de': 'Wort', description: 'word' }),
  thing('strange\\20\\2C\\22\\2B', { mail: 'strange@example.test', maildrop: 'strange' }),
  // A tree by domain, for bases that depend on the search string.
  thing('user', { maildrop: 'user-in-tree' }, 'ou=example.test'),
  thing('a\\2Bb', { maildrop: 'plus-in-tree' }, 'ou=example.test'),
  thing('\\20 x\\20', { maildrop: 'spaces-in-tree' }, 'ou=example.test'),
  thing('user', { maildrop: 'user-in-sub-tree' }, 'ou=sub.example.test'),
  // Groups, as LDAP_README has them, and groups of groups.
  inGroups('flat', {
    mail: 'flat@example.test',
    maildrop: 'direct@example.test',
    member: [person('info'), person('root')],
  }),
  inGroups('nested', { mail: 'nested@example.test', member: [group('flat'), person('quote')] }),
  inGroups('loop', { mail: 'loop@example.test', maildrop: 'loop-self', member: [group('loop')] }),
  inGroups('ghost', {
    mail: 'ghost@example.test',
    member: [`cn=nobody,ou=people,${SUFFIX}`, person('root')],
  }),
  inGroups('broken', { mail: 'broken@example.test', memberref: ['no dn at all'] }),
  inGroups('addresses', {
    mail: 'addresses@example.test',
    memberaddr: ['one@d', 'two@d'],
    member: [person('root')],
  }),
  inGroups('terminal', {
    mail: 'terminal@example.test',
    maildrop: 'moved@elsewhere',
    memberaddr: 'one@d',
    member: [person('info')],
  }),
  inGroups('urls', {
    mail: 'urls@example.test',
    memberref: [
      url(`ou=people,${SUFFIX}?maildrop?sub?(description=word)`),
      url(`ou=people,${SUFFIX}??sub?(mail=o'neill@example.test)`),
      url(`${person('blank')}`),
      url(`ou=people,${SUFFIX}?maildrop,mail?one?(mail=%22a%20b%22@example.test)`),
      url(`ou=people,${SUFFIX}?description?sub?(cn=info)`),
    ],
  }),
  inGroups('badurl', { mail: 'badurl@example.test', memberref: url('dc=x?y?nowhere?z') }),
  inGroups('badfilter', { mail: 'badfilter@example.test', memberref: url(`${SUFFIX}??sub?(((`) }),
  // Two entries of one address: what is found in the first is remembered for the second.
  inGroups('twice1', { mail: 'twice@example.test', memberaddr: 'first@d', member: [person('quote')] }),
  inGroups('twice2', { mail: 'twice@example.test', memberaddr: 'second@d', maildrop: 'second-drop' }),
  inGroups('twice3', { mail: 'twice@example.test', memberaddr: 'third@d' }),
  inGroups('again1', { mail: 'again@example.test', maildrop: 'first-drop', memberaddr: 'first@d' }),
  inGroups('again2', { mail: 'again@example.test', memberaddr: 'second@d', member: [person('quote')] }),
  // Aliases of the directory.
  entry('cn=other,ou=people', 'alias\nobjectClass: extensibleObject', {
    cn: 'other',
    aliasedObjectName: person('root'),
  }),
  entry('ou=elsewhere', 'alias\nobjectClass: extensibleObject', {
    ou: 'elsewhere',
    aliasedObjectName: `ou=people,${SUFFIX}`,
  }),
  thing('hidden', { mail: 'hidden@example.test', maildrop: 'found in secret' }, 'ou=secret'),
  // Part of the directory is elsewhere: whoever searches above it is told so.
  entry('ou=far', 'referral\nobjectClass: extensibleObject', {
    ou: 'far',
    ref: `ldap://elsewhere.test/ou=far,${SUFFIX}`,
  }),
  ...many,
].join('');

const BY_MAIL = 'query_filter = (mail=%s)\nresult_attribute = maildrop';

/** Without servers, `bind` and `version`. */
export const SAMPLE_MAPS: readonly string[] = [
  '',
  BY_MAIL,
  `${BY_MAIL}\nresult_format = <%s>`,
  `${BY_MAIL}\nresult_format = %u at %d`,
  `${BY_MAIL}\nresult_filter = %s for %S, %U, %D`,
  `${BY_MAIL}\nresult_format = %s\nresult_filter = <%s>`,
  `${BY_MAIL}\nresult_format = %1/%2/100%%`,
  'query_filter = mail=%u@%d',
  'query_filter = mail=@%d',
  'query_filter = (mail=%U@%2.%1)',
  'query_filter = (mail=%u*)',
  'query_filter = (mail=*%d)\nexpansion_limit = 1',
  `${BY_MAIL}\nexpansion_limit = 1`,
  `${BY_MAIL}\nexpansion_limit = 2`,
  `${BY_MAIL}\ndomain = example.test, !sub.example.test`,
  'query_filter = (mail=%s)\nresult_attribute = mail maildrop, cn',
  'query_filter = (mail=%s)\nresult_attribute = MAILDROP',
  'query_filter = (mail=%s)\nresult_attribute =',
  'query_filter = (mail=%s)\nresult_attribute = description',
  'query_filter = (mail=%s)\nresult_attribute = description;lang-de',
  'query_filter = (mail=%s)\nresult_attribute = bytes',
  'query_filter = (&(objectClass=mailthing)(|(mail=%s)(mailacceptinggeneralid=%s)))',
  'query_filter = ( & (objectClass=mailthing) ( | (mail=%s) (cn=%s) ) (!(cn=odd)) )',
  'query_filter = (&(mail=%s)(!(maildrop=*alice*)))',
  'query_filter = (mail:caseExactIA5Match:=%s)',
  'query_filter = (ou:dn:=%s)',
  'query_filter = (&(ou:dn:=people)(mail=%s))',
  'query_filter = (&(mail=%s)(maildrop>=b))',
  'query_filter = (&(mail=%s)(maildrop~=catch))',
  'query_filter = (cn=j\\c3\\b6rg %s)',
  'query_filter = (mailacceptinggeneralid=j\\c3\\b6rg@%d)',
  'query_filter = (&(mail=%s)(cn=s\\*r))',
  'query_filter = (&)\nsize_limit = 3',
  'query_filter = (mail=%s)(cn=x)',
  'query_filter = (nosuchattribute=%s)',
  'search_base = cn=%u,ou=%d,dc=example,dc=test\nquery_filter = (cn=%u)\nscope = base',
  'search_base = cn=%u,ou=%d,dc=example,dc=test\nquery_filter = (objectClass=*)\nscope = base',
  'search_base = ou=%d,dc=example,dc=test\nquery_filter = (cn=%u)\nscope = one',
  'search_base = ou=nowhere,dc=example,dc=test\nquery_filter = (cn=%u)',
  'search_base = ou=far,dc=example,dc=test\nquery_filter = (cn=%u)',
  'search_base = not a dn\nquery_filter = (cn=%u)',
  'search_base = ou=people,dc=example,dc=test\nquery_filter = (mail=%s)\nscope = base',
  'search_base = ou=people,dc=example,dc=test\nquery_filter = (mail=%s)\nscope = SUB',
  'query_filter = (description=many)\nresult_attribute = cn',
  'query_filter = (&(description=many)(cn=many5))\nresult_attribute = cn\nsize_limit = 1',
  'query_filter = (&(description=many)(cn=many5*))\nresult_attribute = cn\nsize_limit = 5',
  'query_filter = (&(description=many)(cn=many5*))\nresult_attribute = cn\nsize_limit = 11',
  'query_filter = (mail=%s)\nspecial_result_attribute = member',
  'query_filter = (mail=%s)\nspecial_result_attribute = member\nrecursion_limit = 2',
  'query_filter = (mail=%s)\nspecial_result_attribute = member\nrecursion_limit = 3',
  'query_filter = (mail=%s)\nspecial_result_attribute = member\nexpansion_limit = 3',
  'query_filter = (mail=%s)\nspecial_result_attribute = member\nresult_attribute = maildrop, memberaddr',
  'query_filter = (mail=%s)\nspecial_result_attribute = memberref',
  'query_filter = (mail=%s)\nspecial_result_attribute = memberref\nresult_attribute = mail',
  'query_filter = (mail=%s)\nresult_attribute = memberaddr\nspecial_result_attribute = member\nterminal_result_attribute = maildrop\nleaf_result_attribute = mail',
  'query_filter = (mail=%s)\nresult_attribute =\nspecial_result_attribute = member\nleaf_result_attribute = maildrop, memberaddr',
  'query_filter = (mail=%s)\nresult_attribute =\nspecial_result_attribute = member\nleaf_result_attribute = memberaddr\nterminal_result_attribute = maildrop',
  'query_filter = (mail=%s)\nresult_attribute = memberaddr\nspecial_result_attribute = member\nterminal_result_attribute = maildrop',
  'query_filter = (mail=%s)\nspecial_result_attribute = member\nresult_attribute = maildrop\nleaf_result_attribute = maildrop',
  'query_filter = (cn=other)',
  'query_filter = (mail=root@example.test)\nsearch_base = cn=other,ou=people,dc=example,dc=test\ndereference = 2',
  'query_filter = (mail=root@example.test)\nsearch_base = cn=other,ou=people,dc=example,dc=test\ndereference = 1',
  'query_filter = (mail=%s)\nsearch_base = ou=elsewhere,dc=example,dc=test\ndereference = 0',
  'query_filter = (mail=%s)\nsearch_base = ou=elsewhere,dc=example,dc=test\ndereference = 3',
];

export const SEARCH_STRINGS: readonly string[] = [
  'info@example.test',
  'INFO@Example.TEST',
  'root@example.test',
  'nothing@example.test',
  'odd@example.test',
  'plain',
  'latin@example.test',
  'zero@example.test',
  'german@example.test',
  "o'neill@example.test",
  '"a b"@example.test',
  '100%@example.test',
  'x@sub.example.test',
  'user@example.test',
  'user@sub.example.test',
  'a+b@example.test',
  ' x @example.test',
  'example.test',
  '@example.test',
  'user@',
  'user@.',
  '@',
  'a@b@example.test',
  'a*b@example.test',
  '*',
  '*@example.test',
  '(a)@example.test',
  ')(mail=*',
  'a\\b@example.test',
  '\\2a@example.test',
  '\\',
  'jörg@example.test',
  'JÖRG@example.test',
  'user,ou=people@example.test',
  'strange@example.test',
  'flat@example.test',
  'nested@example.test',
  'loop@example.test',
  'ghost@example.test',
  'broken@example.test',
  'addresses@example.test',
  'terminal@example.test',
  'urls@example.test',
  'badurl@example.test',
  'badfilter@example.test',
  'twice@example.test',
  'again@example.test',
  'hidden@example.test',
  '192.0.2.1',
];

/** Filters, right and wrong, that find `cn` of entries, or fail, or find nothing. */
export const FILTERS: readonly string[] = [
  '(cn=root)',
  'cn=root',
  '  (cn=root)  ',
  '( cn=root )',
  '(cn= root)',
  '(cn =root)',
  '(cn=root',
  'cn=root)',
  '(cn=root))',
  '(cn=root)(cn=plain)',
  '((cn=root))',
  '&(cn=root)',
  '(&(cn=root)',
  '(&(cn=root)))',
  '(&(cn=root))  x',
  '(& (cn=root) x)',
  '(&(cn=root)\t(cn=root))',
  '(&  (cn=*oo*) )',
  '(&)',
  '(|)',
  '(!)',
  '(!(cn=root)(cn=x))',
  '(&(cn=r*)(!(cn=x)))',
  '()',
  '(=root)',
  '(cn=)',
  '(c_n=root)',
  '(1.2.3=root)',
  '(2.5.4.3=root)',
  '(cn;lang-de=root)',
  '(cn=r(o)ot)',
  '(cn=roo\\)t)',
  '(mail=\\(a\\)@example.test)',
  '(mail=a\\*b@example.test)',
  '(mail=a\\\\b@example.test)',
  '(mail=*\\)*)',
  '(mail=a\\2a*)',
  '(cn=\\72oot)',
  '(cn=roo\\74)',
  '(cn=ro\\2at)',
  '(cn=\\zz)',
  '(cn=\\7)',
  '(|(cn=root)(cn=\\))',
  '(cn=r*)',
  '(cn=*t)',
  '(cn=r*o*t)',
  '(cn=a**b)',
  '(cn=**)',
  '(cn=*o**t)',
  '(cn=o***t)',
  '(cn>=zero)',
  '(cn>=r*)',
  '(cn~=*)',
  '(cn:=r*)',
  '(cn:=r\\*)',
  'cn=ro(ot',
  'cn=ro\\(ot',
  '(cn<=a)',
  '(cn~=root)',
  '(cn:=root)',
  '(:=root)',
  '(:caseExactMatch:=root)',
  '(cn:2.5.13.2:=ROOT)',
  '(cn:dn:2.5.13.2:=ROOT)',
  '(cn:DN:=root)',
  '(:dn:2.5.13.2:=ROOT)',
];
