/** What `postward import` tells: what becomes of every line, what is wrong, and what Postfix needs now. */
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Imported, ImportedPolicy } from '../import/import-main-cf.ts';
import type { Mend } from '../import/mend.ts';
import { isQuestion, type Layout, mainCfLines, masterCfLines, type WiredLists } from '../import/wiring.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { formatSpan, type Span } from '../language/source.ts';
import { visible } from '../language/visible.ts';
import type { Paint } from './terminal.ts';

export interface ImportReportOptions {
  readonly isFixing: boolean;
  /** undefined: nothing was written. */
  readonly output: string | undefined;
}

const LINE_COLUMN = 5;
const FATE_COLUMN = 'left out'.length;
const SEVERITY_STYLE = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Lines without a line end after the last. */
export function importReport(
  imported: Imported,
  options: ImportReportOptions,
  paint: Paint,
  mask: ZoneMask,
): string {
  // The policy itself is shown as it will be written; what is said of it keeps the keys of DNSBLs to itself.
  const sections = [
    ...imported.policies.map((policy) => fateSection(policy, paint).map((line) => mask.text(line))),
    mendSection(imported.mends, options.isFixing, paint).map((line) => mask.text(line)),
    diagnosticSection(imported.diagnostics, paint).map((line) => mask.text(line)),
    tableSection(imported, paint),
    ...(options.output === undefined ? imported.policies.map((policy) => textSection(policy, paint)) : []),
    ...hostSection(imported, paint),
    wiringSection(imported, 'single', paint),
    wiringSection(imported, 'per list', paint),
    closing(imported, options, paint),
  ];
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n');
}

function fateSection({ name, service, lines }: ImportedPolicy, paint: Paint): string[] {
  const [first] = lines;
  if (first === undefined) return [];
  const { file } = first.assignment.nameSpan.source;
  const subject = service === undefined ? '' : `, service ${service.name}`;
  const width = Math.max(...lines.map(({ assignment }) => assignment.name.length));
  return [
    paint('bold', `${visible(file + subject)}, line by line (policy ${name})`),
    ...lines.map(({ assignment, fate, reason }) =>
      `${lineNumber(assignment.nameSpan)}  ${visible(assignment.name).padEnd(width)}  ${fate.padEnd(FATE_COLUMN)}  ${visible(reason)}`.trimEnd(),
    ),
  ];
}

function mendSection(mends: readonly Mend[], isFixing: boolean, paint: Paint): string[] {
  if (mends.length === 0) return [];
  const many = mends.length === 1 ? 'One mistake' : `${mends.length} mistakes`;
  return [
    paint('bold', `${many}, ${isFixing ? 'mended' : 'which --fix would mend'}`),
    ...mends.map(
      ({ span, fault, cure }) =>
        `${lineNumber(span)}  ${visible(fault)}: ${paint(isFixing ? 'green' : 'yellow', visible(cure))}`,
    ),
  ];
}

function diagnosticSection(diagnostics: readonly Diagnostic[], paint: Paint): string[] {
  // Notes are for `check`.
  const told = diagnostics.filter(({ severity }) => severity !== 'note');
  if (told.length === 0) return [];
  return [
    paint('bold', 'For you to see to'),
    ...told.flatMap(({ severity, message, span, help }) => [
      `  ${span === undefined ? '' : `${visible(formatSpan(span))}: `}${paint(SEVERITY_STYLE[severity], severity)}: ${visible(message)}`,
      ...(help === undefined ? [] : [`      ${visible(help)}`]),
    ]),
  ];
}

function tableSection({ copies, left, unreadable }: Imported, paint: Paint): string[] {
  if (copies.length + left.length + unreadable.length === 0) return [];
  return [
    paint('bold', 'Tables'),
    ...copies.map(({ from, to }) => `  ${visible(from)} → ${visible(to)}`),
    ...left.map(
      (path) => `  ${visible(path)} stays, and the policy reads it there: newaliases and local(8) do, too`,
    ),
    ...unreadable.map(
      ({ path, reason }) =>
        `  ${visible(path)} ${paint('red', 'cannot be read')}: ${visible(reason)}; the policy names it where it is`,
    ),
  ];
}

function textSection({ name, text }: ImportedPolicy, paint: Paint): string[] {
  return [
    paint('bold', `${name}.cf`),
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${visible(line)}`.trimEnd()),
  ];
}

function hostSection({ hostParameters, hostUsers }: Imported, paint: Paint): string[][] {
  const lines = [
    ...hostParameters.map(
      (name) =>
        `${name} is not set: like Postfix, Postward takes it from the host it runs on. On another host, set it.`,
    ),
    ...[false, true].flatMap((isWritten) => {
      const policies = hostUsers.filter((one) => one.isWritten === isWritten).map(({ policy }) => policy);
      if (policies.length === 0) return [];
      const which = `(${policies.length === 1 ? 'policy' : 'policies'} ${policies.join(', ')})`;
      return [
        isWritten
          ? `local_recipient_maps is not set, and unknown users are refused: Postfix's default is written out ${which}.`
          : `local_recipient_maps names the users of the host ${which}.`,
        '  These are the users of the host that Postward runs on. On another host, take it out of the policy, and put what',
        '  is to refuse unknown users into main.cf: `smtpd_reject_unlisted_sender = yes`, `smtpd_reject_unlisted_recipient = yes`.',
      ];
    }),
  ];
  return lines.length === 0
    ? []
    : [[paint('bold', 'Taken from the host'), ...lines.map((line) => `  ${line}`)]];
}

const LAYOUT_HEADINGS: Readonly<Record<Layout, string>> = {
  single: 'one question at RCPT TO (single)',
  'per list': 'or a question for each list (per list)',
};

function wiringSection(
  { policies, isAtOnce, hasRelayGuard }: Imported,
  layout: Layout,
  paint: Paint,
): string[] {
  const [main, ...services] = policies;
  const lines = mainCfLines(main.wiring[layout]);
  // Questions at RCPT TO for what Postfix would have decided before.
  if (layout === 'single' && isAtOnce) lines.unshift('smtpd_delay_reject = yes');
  const kept = main.lines.some(({ assignment: { name } }) => name === 'smtpd_relay_restrictions');
  return [
    paint('bold', `New lines for main.cf: ${LAYOUT_HEADINGS[layout]}`),
    ...(kept ? ['    # smtpd_relay_restrictions stays as it is.'] : []),
    ...(hasRelayGuard ? [] : ['    # Postfix wants a guard against relaying; main.cf had none.']),
    ...(lines.length === 0 ? ['    # No list holds anything for Postward to decide.'] : []),
    ...(policies.some(({ wiring }) => isWaiting(wiring[layout])) ? WAITING.map((line) => `    ${line}`) : []),
    ...lines.map((line) => `    ${visible(line)}`),
    ...services.flatMap(({ service, wiring }) => serviceLines(service?.name ?? '', wiring[layout])),
  ];
}

const WAITING = [
  '# Without default_action=DUNNO where a list ends in `reject`: while Postward is down nobody gets past it,',
  '# and mail waits at its senders.',
];

/** True when mail waits while Postward is down. */
function isWaiting(lists: WiredLists): boolean {
  return [...lists.values()].flat().some((word) => isQuestion(word) && !word.includes('default_action='));
}

function serviceLines(name: string, lists: WiredLists): string[] {
  const lines = masterCfLines(lists);
  return lines.length === 0
    ? [`  and for ${visible(name)} in master.cf nothing: its options stay as they are`]
    : [
        `  and for ${visible(name)} in master.cf, instead of its options of these names`,
        ...lines.map((line) => `    ${visible(line)}`),
      ];
}

function closing(imported: Imported, options: ImportReportOptions, paint: Paint): string[] {
  const { policies, mends, isSound, hasLostLines } = imported;
  const { isFixing, output } = options;
  const cure = isFixing || mends.length === 0 ? 'mend them' : 'mend them, or try --fix';
  const lines: string[] = [];
  if (hasLostLines) {
    lines.push(paint('red', `Lines that Postfix itself refuses to read were left out: ${cure}.`));
  }
  if (!isSound) {
    const which = policies.length === 1 ? 'this policy' : 'these policies';
    lines.push(paint('red', `Mistakes keep Postward from starting with ${which}: ${cure}.`));
  }
  if (output === undefined) return [...lines, 'Nothing was written: give a directory to --output.'];
  const directory = visible(output);
  lines.push(`Written to ${directory}: ${policies.map(({ name }) => `${name}.cf`).join(', ')}`);
  const serve = `postward serve --policy ${directory}`;
  if (policies.length === 1) return [...lines, `Next: postward check ${directory}, then ${serve}`];
  // Of several policies one has to be the default, and `serve` alone reads no settings file.
  const { name } = policies[0];
  return [
    ...lines,
    `In config/postward.yaml: default_policy: ${name}`,
    `Next: postward check ${directory}, then POSTWARD_DEFAULT_POLICY=${name} ${serve}`,
  ];
}

function lineNumber({ source, start }: Span): string {
  return String(source.position(start).line).padStart(LINE_COLUMN);
}
