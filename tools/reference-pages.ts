/**
 * Pages of docs/reference that are made from tables of the program. They are
 * committed; test/reference.test.ts fails when a page and its table disagree,
 * and `npx vitest run test/reference.test.ts --update` writes them anew.
 */
import { ACTIONS } from '../src/access/action.ts';
import { DNSBL_KNOWLEDGE, type DnsblFacts, KNOWLEDGE_DATE } from '../src/dns/dnsbl-knowledge.ts';
import { EVENTS } from '../src/observe/events.ts';
import { METRICS } from '../src/observe/metric-rows.ts';
import { LINT_RULES } from '../src/policy/lint/rules.ts';
import { PARAMETERS } from '../src/policy/parameters.ts';
import { RESTRICTIONS } from '../src/restrictions/registry.ts';
import { SETTING_ROWS, type SettingSchema } from '../src/settings/setting-rows.ts';
import { TABLE_TYPES } from '../src/tables/registry.ts';

export function settingsPage(): string {
  const rows = SETTING_ROWS.map(({ name, environmentName, flag, description, schema }) => {
    const others = [environmentName, ...(flag === undefined ? [] : [flag.replace('...', '')])];
    return [code(name), others.map(code).join('<br>'), valuesOf(schema), defaultOf(schema), description];
  });
  return page(
    'Settings',
    [
      'Everything about Postward that is not policy. A setting comes from the settings file (`--config`, or',
      '`POSTWARD_CONFIG`), from the environment or from a flag; flags win over the environment, which wins over the',
      'file. `config/postward.yaml` shows all of them with their defaults.',
      '',
      'In the environment, `_FILE` behind a name reads the value from the file it names. Lists are separated by',
      'commas or blanks, or written as YAML in brackets. A UNIX-domain socket among `listen` may have its own',
      '`policy` and `mode`: `[{address: "unix:/run/postward/mx", policy: mx, mode: "0666"}]`.',
    ],
    ['Setting', 'Environment, flag', 'Values', 'Default', 'Meaning'],
    rows,
  );
}

export function eventsPage(): string {
  const rows = Object.entries(EVENTS).map(([name, { level, summary, fields }]) => [
    code(name),
    level,
    Object.keys(fields).map(code).join(' '),
    summary,
  ]);
  return page(
    'Log events',
    [
      'One JSON object a line on standard output, with `level`, `time`, `event`, `msg` and the fields of the event.',
      '`text` on a terminal, unless `log.format` says otherwise.',
      '',
      'Decisions are events too. `decision`: one for every request, with Postfix’s sentence as `msg` (`NOQUEUE:',
      'reject: RCPT from name[address]: 450 4.7.1 …; from=<…> to=<…> proto=ESMTP helo=<…>`) and `policy`, `verdict`,',
      '`list`, `restriction`, `step`, `place`, `table`, `table_key`, `table_value`, `code`, `dsn`, `reply`, `fault`,',
      '`effects`, `dnsbl_score`, `dnsbl_sites`, `warnings`, `protocol_state`, `client_address`, `client_name`, `helo_name`, `sender`, `recipient`,',
      '`queue_id`, `instance`, `sasl_username`, `snapshot` and `duration_ms`; fields without a value are left out.',
      '`reject_warning`: a rejection that warn_if_reject softened, one for each.',
      '',
      'Control characters, and characters that reorder a line, are logged as `?`; values end after 512 characters.',
    ],
    ['Event', 'Level', 'Fields', 'When'],
    rows,
  );
}

export function metricsPage(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => [
    code(name),
    type,
    labels.map(code).join(' '),
    `${help}.`,
  ]);
  return page(
    'Metrics',
    [
      'At `/metrics` of the admin address, in the Prometheus text format; beside them the usual `process_` and',
      '`nodejs_` metrics. Label values are bounded: no label grows with clients, senders or recipients.',
    ],
    ['Metric', 'Type', 'Labels', 'Meaning'],
    rows,
  );
}

const ARGUMENTS = {
  none: '',
  table: '`type:name`',
  dnsbl: '`domain[=filter]`',
  number: 'seconds',
  service: '`inet:host:port`, `unix:path`, `{ … }`',
} as const;

export function restrictionsPage(): string {
  const rows = [...RESTRICTIONS]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, aliases, argument, reads, yields, support, summary, isOurs }) => [
      [code(name), ...aliases.map((alias) => `(${code(alias)})`)].join('<br>'),
      ARGUMENTS[argument],
      support.level === 'works'
        ? `${summary}${isOurs === true ? ' **Postward’s own**: Postfix does not know it, so it may not stand in a main.cf that Postfix reads.' : ''}`
        : `${summary} **Not decided here**: ${support.reason}; ${support.help}.`,
      reads.map(code).join(' '),
      yields.map(code).join(' '),
    ]);
  return page(
    'Restrictions',
    [
      'The restrictions of postconf(5) that may stand in a restriction list, with the older names of the same thing in',
      'parentheses. Names are case-insensitive. A table where a restriction is expected stands for the check_*_access of',
      'the list it stands in; a name of smtpd_restriction_classes for the list of that name.',
    ],
    ['Restriction', 'Argument', 'Meaning', 'Reads', 'Can say'],
    rows,
  );
}

export function tablesPage(): string {
  const rows = TABLE_TYPES.map((row) => [
    code(`${row.type}:`),
    row.source === 'unsupported' ? 'no' : 'yes',
    row.source === 'unsupported' ? `${row.summary}: ${row.reason}. Instead: ${row.help}` : row.summary,
  ]);
  return page(
    'Lookup tables',
    [
      'The table types of DATABASE_README. Tables in files are followed: a change is in force within a second, and new',
      'content with mistakes leaves the old in force.',
    ],
    ['Type', 'Supported', 'What it is'],
    rows,
  );
}

export function actionsPage(): string {
  const rows = [
    ...ACTIONS.map(({ verb, argument, summary }) => [
      code(verb),
      argument === 'none' ? '' : code(argument),
      summary,
    ]),
    [
      '`4NN` `5NN`',
      '`[dsn] text`',
      'Refuse with this code. **A code without text is a number, and a number permits.**',
    ],
    ['a number', '', 'Permit.'],
    ['anything else', '', 'A list of restrictions, evaluated in place; no lookup tables in it.'],
  ];
  return page(
    'Actions',
    [
      'What the right-hand side of an access table can say (access(5)). Verbs are case-insensitive. `dsn` is an enhanced',
      'status code such as `5.7.1` (RFC 3463).',
    ],
    ['Action', 'Argument', 'Meaning'],
    rows,
  );
}

export function parametersPage(): string {
  const rows = PARAMETERS.map(({ name, kind, default: value, summary, isOurs }) => [
    code(name),
    kind.replaceAll('_', ' '),
    value === undefined ? 'from the host' : value === '' ? '' : code(value),
    isOurs === true ? `${summary} **Postward’s own**; Postfix passes over it.` : summary,
  ]);
  return page(
    'Policy parameters',
    [
      'The main.cf parameters that an access policy depends on, with Postfix’s defaults. All other parameters of Postfix',
      'may stand in a policy file and are passed over.',
    ],
    ['Parameter', 'Kind', 'Default', 'Meaning'],
    rows,
  );
}

export function lintRulesPage(): string {
  const sections = LINT_RULES.flatMap(({ code: name, severity, summary, reason, example, exampleTable }) => [
    `## ${name}`,
    '',
    `*${severity}* · ${summary} ${reason}`,
    '',
    ...indented(example),
    ...(exampleTable === undefined ? [] : ['', 'with `access`', '', ...indented(exampleTable.trimEnd())]),
    '',
  ]);
  return [
    '# Lint rules',
    '',
    'What `postward check` says of a policy that Postfix accepts as it is: doubts, beside the mistakes that parser,',
    'compiler and tables find. Each with its reason and a policy that it speaks up about. Of one rule the first ten',
    'findings in a file are shown. Entries of access tables are looked at in files of up to 1 MiB.',
    '',
    ...sections,
  ].join('\n');
}

export function dnsListsPage(): string {
  const rows = DNSBL_KNOWLEDGE.map((facts) => [
    code(facts.zone),
    fateOf(facts),
    facts.isAllowList ? `${facts.subject}, allow list` : facts.subject,
    facts.listings === undefined ? '' : code(`=${facts.listings}`),
    facts.terms === undefined ? '' : `${facts.terms}.`,
    facts.source,
  ]);
  return page(
    'DNS lists',
    [
      'What Postward knows of DNS deny and allow lists, for `postward check`: which have closed, which go by another',
      `name, what their operators ask. The newest sources are of ${KNOWLEDGE_DATE}. A list that is not here is not`,
      'known to be good or bad.',
    ],
    ['Zone', 'State', 'Lists', 'Filter for listings', 'Terms', 'Source'],
    rows,
  );
}

function fateOf({ status, since, successor, listsEverybody }: DnsblFacts): string {
  switch (status) {
    case 'alive':
      return 'alive';
    case 'renamed':
      return `renamed: ${code(successor ?? '')}`;
    case 'no_list':
      return `no list: ${code(successor ?? '')} is`;
    case 'closed':
      return `closed ${since}${listsEverybody ? ', later listed every address' : ''}`;
  }
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `    ${line}`);
}

function page(
  title: string,
  intro: readonly string[],
  head: readonly string[],
  rows: readonly string[][],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row))];
  return [`# ${title}`, '', ...intro, '', ...table, ''].join('\n');
}

function code(text: string): string {
  // A backtick in the text would end what one begins.
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text.replaceAll('|', '\\|')}${fence}`;
}

function valuesOf(schema: SettingSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(code).join(' ');
  switch (schema.type) {
    case 'integer':
      return `${schema.minimum} to ${schema.maximum}`;
    case 'boolean':
      return '`yes` `no`';
    case 'array':
      return 'a list';
    case 'object':
      return 'a map';
    default:
      return 'a text';
  }
}

function defaultOf({ default: fallback }: SettingSchema): string {
  if (fallback === undefined) return '';
  if (typeof fallback === 'boolean') return code(fallback ? 'yes' : 'no');
  if (typeof fallback === 'object' && !Array.isArray(fallback)) return '';
  if (!Array.isArray(fallback)) return code(String(fallback));
  return fallback.map((one) => code(typeof one === 'string' ? one : String(one.address))).join(' ');
}
