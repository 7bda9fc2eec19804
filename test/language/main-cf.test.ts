import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOGICAL_LINE_LIMIT } from '../../src/language/logical-lines.ts';
import { MAIN_CF_LIMIT } from '../../src/language/main-cf.ts';
import { formatSpan } from '../../src/language/source.ts';
import { messages, parse } from './fixtures.ts';

function values(text: string): (readonly [string, string])[] {
  return parse(text).assignments.map(({ name, value }) => [name, value.text] as const);
}

describe('parseMainCf', () => {
  test.each([
    ['', []],
    ['a = b', [['a', 'b']]],
    [
      'a=b\nc =d\ne= f\n',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    [
      'a =\nb = \t \nc=',
      [
        ['a', ''],
        ['b', ''],
        ['c', ''],
      ],
    ],
    ['a = b = c == d', [['a', 'b = c == d']]],
    ['# comment\n\n   \n  # indented comment\na = b\n# end', [['a', 'b']]],
    ['a = b # not a comment', [['a', 'b # not a comment']]],
    ['a = b\n c\n\td\n', [['a', 'b c\td']]],
    ['a =\n  b,\n  c', [['a', 'b,  c']]],
    [
      'a = b\n# comment\n c\n\n   \n  # comment\n d\ne = f',
      [
        ['a', 'b c d'],
        ['e', 'f'],
      ],
    ],
    [
      'a = b\r\n c\r\nd = e\r\n',
      [
        ['a', 'b\r c'],
        ['d', 'e'],
      ],
    ],
    ['a = b\n\v c\n\f d', [['a', 'b\v c\f d']]],
    ['a = b\n c = d', [['a', 'b c = d']]],
    ['a \t = \t b', [['a', 'b']]],
    ['a = \u00a0b\u2003', [['a', '\u00a0b\u2003']]],
    ['smtp-amavis_destination_concurrency_limit = 2', [['smtp-amavis_destination_concurrency_limit', '2']]],
    ['relay = http://example.com/x//y', [['relay', 'http://example.com/x//y']]],
  ])('%j', (text, expected) => {
    expect(values(text)).toEqual(expected);
    expect(parse(text).diagnostics).toEqual([]);
  });

  test('assignments keep the order of the file and their places', () => {
    const { assignments } = parse('# top\nb = 1\na =\n   x,\n# amid\n   y\n');
    expect(assignments.map(({ name }) => name)).toEqual(['b', 'a']);
    const [, a] = assignments;
    expect(formatSpan(a?.nameSpan ?? assert())).toBe('main.cf:3:1');
    expect(formatSpan(a?.value.span(a.value.text.indexOf('y')) ?? assert())).toBe('main.cf:6:4');
    const span = a?.span ?? assert();
    expect(span.source.text.slice(span.start, span.end)).toBe('a =\n   x,\n# amid\n   y');
  });

  test('guide 003: a misspelt name, and continued lines without white space', () => {
    const { assignments, diagnostics } = parse(`\
smtpd_recipient_restrictoions = permit_mynetworks, check_relay_domains,
reject_maps_rbl, reject
smtpd_recipient_restrictions = reject_non_fqdn_sender,
reject_invalid_hostname,
    reject_unknown_sender_domain, reject_unknown_hostname,
reject_unauth_pipelining
`);
    expect(assignments.map(({ name, value }) => [name, value.text])).toEqual([
      ['smtpd_recipient_restrictoions', 'permit_mynetworks, check_relay_domains,'],
      ['smtpd_recipient_restrictions', 'reject_non_fqdn_sender,'],
    ]);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:2:1: error[missing-equals]: missing \`=\` after \`reject_maps_rbl,\`: the line does not start with white space, so it does not continue \`smtpd_recipient_restrictoions\`
        2 | reject_maps_rbl, reject
          | ^^^^^^^^^^^^^^^^
        help: if it belongs to \`smtpd_recipient_restrictoions\` (main.cf:1:1), start it with white space
      main.cf:4:1: error[missing-equals]: missing \`=\` after \`reject_invalid_hostname,\`: the line does not start with white space, so it does not continue \`smtpd_recipient_restrictions\`
        4 | reject_invalid_hostname,
          | ^^^^^^^^^^^^^^^^^^^^^^^^
        help: if it belongs to \`smtpd_recipient_restrictions\` (main.cf:3:1), start it with white space
      main.cf:6:1: error[missing-equals]: missing \`=\` after \`reject_unauth_pipelining\`: the line does not start with white space, so it does not continue \`smtpd_recipient_restrictions\`
        6 | reject_unauth_pipelining
          | ^^^^^^^^^^^^^^^^^^^^^^^^
        help: if it belongs to \`smtpd_recipient_restrictions\` (main.cf:3:1), start it with white space"
    `);
  });

  test('a line that is no assignment, after an empty line', () => {
    expect(messages(parse('a = b\n\n\nmail server settings\n').diagnostics)).toMatchInlineSnapshot(`
      "main.cf:4:1: error[missing-equals]: missing \`=\` after \`mail\`
        4 | mail server settings
          | ^^^^
        help: write \`name = value\`; start a line that continues another with white space"
    `);
  });

  test('a line that is no assignment, at the top', () => {
    expect(messages(parse('permit_mynetworks\n  reject\na = b').diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:1: error[missing-equals]: missing \`=\` after \`permit_mynetworks\`
        1 | permit_mynetworks
          | ^^^^^^^^^^^^^^^^^
        help: write \`name = value\`; start a line that continues another with white space"
    `);
  });

  test('an addition, which other languages have', () => {
    const { diagnostics } = parse('mydestination = a.example\nmydestination += b.example\n');
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['missing-equals', '`mydestination` cannot be added to: there is no `+=` in main.cf'],
    ]);
  });

  test('an assignment without a name', () => {
    const { assignments, diagnostics } = parse('a = b\n= c\n');
    expect(assignments).toHaveLength(1);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:2:1: error[missing-parameter-name]: a line without a parameter name
        2 | = c
          | ^
        help: write \`name = value\`"
    `);
  });

  test('a file that starts with white space: Postfix skips the whole logical line', () => {
    const { assignments, diagnostics } = parse('# top\n  a = b\n  c\nd = e\n');
    expect(assignments.map(({ name }) => name)).toEqual(['d']);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:2:3: warning[leading-white-space]: the line starts with white space, but there is none before it to continue; Postfix skips it
        2 |   a = b
          |   ^^^^^
        help: remove the white space at its start"
    `);
  });

  test('`//` remarks', () => {
    const { assignments, diagnostics } = parse(`\
smtpd_client_restrictions =
   permit_mynetworks, // our own // and theirs
   reject_rbl_client bl.spamcop.net, // closed?
   // reject_unknown_client,
   permit
x = //y
// a line of its own
`);
    expect(assignments[0]?.value.text).toContain('permit_mynetworks, // our own');
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:2:23: warning[slash-slash-remark]: \`//\` does not start a remark in main.cf: its words are part of the value
        2 |    permit_mynetworks, // our own // and theirs
          |                       ^^^^^^^^^^^^^^^^^^^^^^^^
        help: put the remark on a line of its own and start it with \`#\`
      main.cf:3:38: warning[slash-slash-remark]: \`//\` does not start a remark in main.cf: its words are part of the value
        3 |    reject_rbl_client bl.spamcop.net, // closed?
          |                                      ^^^^^^^^^^
        help: put the remark on a line of its own and start it with \`#\`
      main.cf:4:4: warning[slash-slash-remark]: \`//\` does not start a remark in main.cf: its words are part of the value
        4 |    // reject_unknown_client,
          |    ^^^^^^^^^^^^^^^^^^^^^^^^^
        help: put the remark on a line of its own and start it with \`#\`
      main.cf:6:5: warning[slash-slash-remark]: \`//\` does not start a remark in main.cf: its words are part of the value
        6 | x = //y
          |     ^^^
        help: put the remark on a line of its own and start it with \`#\`
      main.cf:7:1: error[slash-slash-remark]: \`//\` does not start a remark in main.cf
        7 | // a line of its own
          | ^^
        help: start the line with \`#\`"
    `);
  });

  test('names that are none', () => {
    const { assignments, diagnostics } = parse('\uFEFFmyhostname = a\nmy$name = b\nsmtpd:restrictions = c\n');
    expect(assignments).toHaveLength(3);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:1: warning[unusual-parameter-name]: \`myhostname\` has a byte order mark before it, which Postfix takes as part of the name
        1 | \\u{feff}myhostname = a
          | ^^^^^^^^^^^^^^^^^^
        help: save the file as UTF-8 without byte order mark
      main.cf:2:1: warning[unusual-parameter-name]: \`my$name\` is not a parameter name: Postfix ignores the line
        2 | my$name = b
          | ^^^^^^^
        help: parameter names have letters, digits and \`_\` only
      main.cf:3:1: warning[unusual-parameter-name]: \`smtpd:restrictions\` is not a parameter name: Postfix ignores the line
        3 | smtpd:restrictions = c
          | ^^^^^^^^^^^^^^^^^^
        help: parameter names have letters, digits and \`_\` only"
    `);
  });

  test('a parameter set twice: Postfix warns when the values differ', () => {
    const { assignments, diagnostics } = parse('a = 1\nb = 2\na = 1\nb = 3\nb = 2\n');
    expect(assignments).toHaveLength(5);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:3:1: note[duplicate-parameter]: \`a\` is set to the value it has already from main.cf:1:1
        3 | a = 1
          | ^
        help: keep one of the two
      main.cf:4:1: warning[duplicate-parameter]: \`b\` overrides its value from main.cf:2:1, which has no effect
        4 | b = 3
          | ^
        help: keep one of the two
      main.cf:5:1: warning[duplicate-parameter]: \`b\` overrides its value from main.cf:4:1, which has no effect
        5 | b = 2
          | ^
        help: keep one of the two"
    `);
  });

  test('a null byte ends the value, as in C', () => {
    const { assignments, diagnostics } = parse('a = b\0c\n d\n\0e = f\ng = h');
    expect(assignments.map(({ name, value }) => [name, value.text])).toEqual([
      ['a', 'b'],
      ['g', 'h'],
    ]);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:6: warning[null-byte]: a null byte; Postfix ignores what follows it on the line
        1 | a = b␀c
          |      ^
        help: save the file as plain text (UTF-8, not UTF-16)
      main.cf:3:1: warning[null-byte]: a null byte; Postfix ignores what follows it on the line
        3 | ␀e = f
          | ^
        help: save the file as plain text (UTF-8, not UTF-16)
      main.cf:3:1: error[missing-parameter-name]: a line without a parameter name
        3 | ␀e = f
          | ^
        help: write \`name = value\`"
    `);
  });

  test('a logical line beyond the limit is an error, and the rest is read', () => {
    const { assignments, diagnostics } = parse(`a = ${'x,\n '.repeat(LOGICAL_LINE_LIMIT / 2)}y\nb = c`);
    expect(assignments.map(({ name }) => name)).toEqual(['b']);
    expect(messages(diagnostics)).toMatchInlineSnapshot(`
      "main.cf:1:1: error[line-too-long]: a logical line of 1572869 characters is longer than the limit of 1048576
        1 | a = x,
          | ^^^^^^
        help: keep a long list in a table or a file and name that here"
    `);
    expect(parse(`a = ${'x'.repeat(LOGICAL_LINE_LIMIT - 4)}`).diagnostics).toEqual([]);
  });

  test('a file beyond the limit is an error', () => {
    const { assignments, diagnostics } = parse(`a = b\n#${'x'.repeat(MAIN_CF_LIMIT)}`);
    expect(assignments).toEqual([]);
    expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([['error', 'file-too-large']]);
  });

  test('any text is read without an exception, and every value is in the file', () => {
    const fragment = fc.constantFrom(
      'a',
      'b',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '=',
      '#',
      '//',
      '\0',
      ',',
      '{',
      '\uFEFF',
      '\v',
    );
    const text = fc.oneof(
      fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (file) => {
        const { assignments, diagnostics } = parse(file);
        for (const { name, nameSpan, value } of assignments) {
          expect(file.slice(nameSpan.start, nameSpan.end)).toBe(name);
          expect(value.text).toBe(value.text.replace(/^[ \t-\r]+|[ \t-\r]+$/g, ''));
        }
        expect(messages(diagnostics)).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 500 },
    );
  });
});

function assert(): never {
  throw new Error('no assignment');
}
