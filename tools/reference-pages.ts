/**
 * Pages of docs/reference that are made from tables of the program. They are
 * committed; test/reference.test.ts fails when a page and its table disagree,
 * and `npx vitest run test/reference.test.ts --update` writes them anew.
 */
import { EVENTS } from '../src/observe/events.ts';
import { METRICS } from '../src/observe/metric-rows.ts';
import { SETTING_ROWS, type SettingSchema } from '../src/settings/setting-rows.ts';

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
      '`effects`, `warnings`, `protocol_state`, `client_address`, `client_name`, `helo_name`, `sender`, `recipient`,',
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
  return `\`${text.replaceAll('|', '\\|')}\``;
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
    default:
      return 'a text';
  }
}

function defaultOf({ default: fallback }: SettingSchema): string {
  if (fallback === undefined) return '';
  if (typeof fallback === 'boolean') return code(fallback ? 'yes' : 'no');
  if (!Array.isArray(fallback)) return code(String(fallback));
  return fallback.map((one) => code(typeof one === 'string' ? one : String(one.address))).join(' ');
}
