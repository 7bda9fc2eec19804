/**
 * Makes policies of a main.cf, and of the smtpd services of a master.cf that
 * have restrictions of their own; says of every line where it goes and why, what
 * is wrong, and which lines Postfix needs from now on.
 *
 * Reads tables to see whether it can. Writes nothing.
 */
import { LIST_NAMES } from '../engine/step.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { type Assignment, parseMainCf } from '../language/main-cf.ts';
import type { Source, Span } from '../language/source.ts';
import type { UnreadableFile } from '../tables/table-source.ts';
import { Edits } from './edits.ts';
import type { ExamineOptions } from './examine.ts';
import { fatesOf, type LineFate } from './fates.ts';
import { itemSpan, removalSpan } from './list-items.ts';
import { type HostUsers, hasWrittenUsers, hostUsersOf } from './local-users.ts';
import { parseMasterCf, type SmtpdService } from './master-cf.ts';
import type { Mend } from './mend.ts';
import { mendLists } from './mend-lists.ts';
import { mendNames, namesIn } from './mend-names.ts';
import { mendText } from './mend-text.ts';
import { moveTables } from './move-tables.ts';
import { policyAssignments, referencesIn } from './needed.ts';
import { policyText } from './policy-text.ts';
import { hasGuard, isLeftWhole, leftToPostfix, postfixPart } from './postfix-part.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { TableCopies, type TableCopy } from './table-copies.ts';
import { type Layout, serviceLists, type WiredLists, wiredLists } from './wiring.ts';

export interface ImportOptions extends ExamineOptions {
  readonly mainCf: Source;
  readonly masterCf?: Source | undefined;
  /** Apply the mends. */
  readonly isFixing: boolean;
}

export interface ImportedPolicy {
  /** Its file is this and `.cf`. */
  readonly name: string;
  /** undefined: main.cf itself. */
  readonly service: SmtpdService | undefined;
  readonly text: string;
  /** What becomes of each line that was read for it. */
  readonly lines: readonly LineFate[];
  /** The lists Postfix needs now, for main.cf or as options of the service. */
  readonly wiring: Readonly<Record<Layout, WiredLists>>;
}

export interface Imported {
  /** main.cf's first. */
  readonly policies: readonly [ImportedPolicy, ...ImportedPolicy[]];
  readonly mends: readonly Mend[];
  /** What is wrong besides. */
  readonly diagnostics: readonly Diagnostic[];
  /** False when a policy has mistakes that keep the daemon from starting. */
  readonly isSound: boolean;
  /** Lines that mean nothing to Postfix, which refuses to run with them, are not in a policy. */
  readonly hasLostLines: boolean;
  readonly copies: readonly TableCopy[];
  /** Table files that the policies name where they are. */
  readonly left: readonly string[];
  readonly unreadable: readonly UnreadableFile[];
  /** False: neither the relay nor the recipient list of main.cf refuses relaying, and the new lines do. */
  readonly hasRelayGuard: boolean;
  /** smtpd_delay_reject = no, which the single layout cannot keep to. */
  readonly isAtOnce: boolean;
  /** What the policies take from the host they run on, because main.cf does not say it. */
  readonly hostParameters: readonly string[];
  readonly hostUsers: readonly HostUsers[];
}

/** Told line by line, or as a mend. */
const TOLD: readonly string[] = ['duplicate-parameter', 'misspelt-parameter', 'unused-parameter'];

export function importMainCf(options: ImportOptions): Imported {
  const { isFixing } = options;
  const reports: Diagnostic[] = [];
  const services =
    options.masterCf === undefined
      ? []
      : parseMasterCf(options.masterCf, (diagnostic) => reports.push(diagnostic));

  const original = parse(options.mainCf);
  const text = mendText(options.mainCf);
  const usedByMaster = options.masterCf && namesIn(options.masterCf.text);
  const names = mendNames(text.source, parse(text.source).assignments, usedByMaster ?? new Set());
  const mended = names.source === options.mainCf ? original : parse(names.source);
  const future = subjectsOf(mended.assignments, services, options);
  const now = mended === original ? future : subjectsOf(original.assignments, services, options);
  const subjects = isFixing ? future : now;
  const [{ examined: main }] = subjects;

  const edits = new Edits();
  const listMends = mendLists(
    future.map(({ examined }) => examined),
    isFixing ? edits : new Edits(),
  );
  const without = new Set(['config_directory', ...(isFixing ? listMends.idle : [])]);
  takeOutUndecidable(subjects, edits);
  const tables = new TableCopies();
  for (const { examined } of subjects) moveTables(examined, without, tables, edits);

  const mends = [...text.mends, ...names.mends, ...listMends.mends];
  const settled = [
    ...listMends.mends.map(({ span }) => span),
    ...undecidableItems(future),
    ...[...listMends.idle].flatMap((name) => future[0].examined.assigned.get(name)?.span ?? []),
  ];
  const found = [
    ...mended.diagnostics,
    ...reports,
    ...future.flatMap(({ examined }) => examined.diagnostics),
  ];
  const diagnostics = withoutRepeats(found).filter(
    ({ code, span }) => !TOLD.includes(code) && !settled.some((place) => isWithin(span, place)),
  );
  const isError = ({ severity }: Diagnostic) => severity === 'error';
  const policies = policiesOf({
    ...options,
    subjects,
    assignments: (isFixing ? mended : original).assignments,
    without,
    edits,
    usedByMaster,
  });
  edits.assertWritten();
  return {
    policies,
    mends: mends.toSorted((a, b) => lineOf(a.span) - lineOf(b.span)),
    diagnostics,
    isSound: isFixing
      ? !diagnostics.some(isError)
      : !now.some(({ examined }) => examined.diagnostics.some(isError)),
    hasLostLines: (isFixing ? mended : original).diagnostics.some(isError),
    copies: tables.copies,
    left: tables.left,
    unreadable: tables.unreadable,
    hasRelayGuard: hasGuard(main, 'relay') || hasGuard(main, 'recipient'),
    isAtOnce: !main.parameters.boolean('smtpd_delay_reject'),
    hostParameters: ['myhostname', 'mynetworks'].filter((name) => !main.parameters.isSet(name)),
    hostUsers: subjects.flatMap(({ name, examined }) => hostUsersOf(name, examined) ?? []),
  };
}

interface PolicyOptions extends ImportOptions {
  readonly subjects: readonly [Subject, ...Subject[]];
  readonly assignments: readonly Assignment[];
  readonly without: ReadonlySet<string>;
  readonly edits: Edits;
  readonly usedByMaster: ReadonlySet<string> | undefined;
}

function policiesOf(options: PolicyOptions): [ImportedPolicy, ...ImportedPolicy[]] {
  const { subjects, assignments, without, edits, usedByMaster } = options;
  const [main, ...services] = subjects;
  const neededBy = new Map(
    subjects.map((subject) => [subject, policyAssignments(subject.examined, without, edits)]),
  );
  const nativeClasses = subjects.some(({ examined }) =>
    LIST_NAMES.some((list) => postfixPart(examined, list, false).usesClasses),
  );
  const mainLists = listsOf(main, services.length === 0 ? undefined : main.name);
  const imported = (subject: Subject, usedByServices: ReadonlySet<string>): ImportedPolicy => {
    const { name, service, examined } = subject;
    const needed = neededBy.get(subject) ?? [];
    const lists = service === undefined ? mainLists : listsOf(subject, name);
    const own = new Set(service?.options.map((option) => option.name));
    return {
      name,
      service,
      text: policyText(
        [
          `Imported by \`postward import\` from ${origin(options, service)}.`,
          ...(hasWrittenUsers(examined) ? ["local_recipient_maps is Postfix's default, written out."] : []),
        ],
        needed.map(({ assignment }) => assignment),
        edits,
      ),
      lines: fatesOf({
        assignments: service?.options ?? assignments,
        // A macro of main.cf may be used by a service alone.
        needed: service === undefined ? [...neededBy.values()].flat() : needed,
        policy: examined,
        isService: service !== undefined,
        nativeClasses,
        edits,
        usedByServices,
        usedByMaster,
      }),
      wiring:
        service === undefined
          ? lists
          : {
              single: serviceLists(lists.single, mainLists.single, own),
              'per list': serviceLists(lists['per list'], mainLists['per list'], own),
            },
    };
  };
  const ofServices = services.map((service) => imported(service, new Set()));
  const staying = ofServices
    .flatMap(({ lines }) => lines.filter(({ fate }) => fate === 'both' || fate === 'stays'))
    .flatMap(({ assignment }) => [...referencesIn(assignment, edits)]);
  return [imported(main, new Set(staying)), ...ofServices];
}

function listsOf({ examined, service }: Subject, policy: string | undefined): Record<Layout, WiredLists> {
  const isMain = service === undefined;
  return {
    single: wiredLists(examined, { layout: 'single', policy, isMain }),
    'per list': wiredLists(examined, { layout: 'per list', policy, isMain }),
  };
}

function origin({ mainCf, masterCf }: ImportOptions, service: SmtpdService | undefined): string {
  const options = service && masterCf && ` and the options of ${service.name} in ${masterCf.file}`;
  return `${mainCf.file}${options ?? ''}`;
}

/** From the lists that become part of a policy. */
function takeOutUndecidable(subjects: readonly Subject[], edits: Edits): void {
  for (const { examined } of subjects) {
    for (const list of examined.lists.filter((one) => !isLeftWhole(one))) {
      for (const { index } of leftToPostfix(list)) {
        const span = itemSpan(list.items, index);
        const removal = span && removalSpan(span, examined.assigned.values());
        if (removal !== undefined) edits.replace(removal, '');
      }
    }
  }
}

/** What stands in a list, as it is in the file, and only Postfix can decide. */
function undecidableItems(subjects: readonly Subject[]): Span[] {
  return subjects.flatMap(({ examined }) =>
    examined.lists.flatMap((list) =>
      leftToPostfix(list).flatMap(({ index }) => itemSpan(list.items, index) ?? []),
    ),
  );
}

interface Parsed {
  readonly assignments: readonly Assignment[];
  readonly diagnostics: readonly Diagnostic[];
}

function parse(source: Source): Parsed {
  const diagnostics: Diagnostic[] = [];
  const assignments = parseMainCf(source, (diagnostic) => diagnostics.push(diagnostic));
  return { assignments, diagnostics };
}

function isWithin(span: Span | undefined, place: Span): boolean {
  return span?.source === place.source && span.start >= place.start && span.end <= place.end;
}

function lineOf({ source, start }: Span): number {
  return source.position(start).line;
}

/** A mistake of main.cf is one of every service as well. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
    const key = `${code} ${message} ${span?.source.file} ${span?.start}`;
    if (!seen.has(key)) seen.set(key, diagnostic);
  }
  return [...seen.values()];
}
