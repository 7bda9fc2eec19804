/**
 * `/v1/policies`: the policies in force as they were understood, what is wrong
 * with them, a candidate checked, a reload.
 */
import { type Static, Type } from 'typebox';
import type { ZoneMask } from '../../dns/zone-mask.ts';
import { LIST_NAMES, type Program } from '../../engine/step.ts';
import { stepJson } from '../../explain/explanation.ts';
import type { Diagnostic } from '../../language/diagnostic.ts';
import { type DiagnosticJson, diagnosticJson } from '../../language/diagnostic-json.ts';
import type { Policy } from '../../policy/policy.ts';
import { type Candidate, compileCandidate } from '../../snapshot/candidate.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { ReloadResult, SnapshotHolder } from '../../snapshot/snapshot-holder.ts';
import type { ListTables } from '../../tables/list-tables.ts';
import { closed, isoTime, timeOf } from '../closed.ts';
import { cutSentence, fieldProblem, ProblemError } from '../problem.ts';
import type { Routes } from '../server.ts';

export interface PolicyPort {
  /** Told of what was done, for the audit trail. */
  readonly onDone?: ((actor: string, operation: string, after: object) => void) | undefined;
  readonly holder: Pick<SnapshotHolder, 'current' | 'lastReload'>;
  readonly reload: () => Promise<ReloadResult>;
  /** The policy of the first socket: whom a request that names none means. */
  readonly defaultPolicy: string;
  readonly mask: ZoneMask;
  /** Managed lists, for candidates. */
  readonly lists: ListTables;
}

/** The longest main.cf that anybody is known to have has a tenth of this. */
const MAX_TEXT_LENGTH = 262_144;
/** Of a compiled view: what classes within classes may add up to. */
const MAX_STEPS = 10_000;
const MAX_DEPTH = 20;
/** More than anybody reads. */
const MAX_DIAGNOSTICS = 1000;

export const POLICY_NAME = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  expected: 'a policy name',
});

export const CANDIDATE_TEXT = Type.String({
  maxLength: MAX_TEXT_LENGTH,
  expected: `a text of at most ${MAX_TEXT_LENGTH} characters`,
  description:
    'A policy in main.cf syntax. It may use the tables, files and policy servers of the policies in force, tables that are written out, and managed lists.',
});

const DIAGNOSTIC = closed({
  severity: Type.Enum(['error', 'warning', 'note']),
  code: Type.String(),
  message: Type.String(),
  file: Type.Optional(Type.String()),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
  length: Type.Optional(Type.Integer({ minimum: 0 })),
  help: Type.Optional(Type.String()),
});

const RELOAD = closed({
  version: Type.Integer({ description: 'Of the policies in force.' }),
  at: timeOf(),
  diagnostics: Type.Array(DIAGNOSTIC),
});

const STEP = closed({
  restriction: Type.String({ description: 'Its current name in Postfix.' }),
  text: Type.String({ description: 'As it is written, with its argument.' }),
  file: Type.Optional(Type.String()),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
  depth: Type.Integer({ minimum: 0, description: '0: of the list itself; 1: in a class, and so on.' }),
});

const POLICY = closed({
  name: POLICY_NAME,
  sources: Type.Array(Type.String(), { description: 'The files it was read from.' }),
  version: Type.Integer(),
  loaded_at: timeOf(),
  lists: Type.Array(closed({ list: Type.Enum([...LIST_NAMES]), steps: Type.Array(STEP) }), {
    description: 'What each list does; lists without restrictions are left out.',
  }),
  diagnostics: Type.Array(DIAGNOSTIC, { description: 'Of its own files.' }),
});

const POLICIES = closed({
  version: Type.Integer(),
  loaded_at: timeOf(),
  default_policy: Type.String(),
  policies: Type.Array(closed({ name: POLICY_NAME, sources: Type.Array(Type.String()) })),
  last_reload: closed({
    in_force: Type.Boolean({ description: 'False: it failed, and the policies before it stay in force.' }),
    at: timeOf(),
    diagnostics: Type.Array(DIAGNOSTIC),
  }),
});

const CHECK = closed({
  errors: Type.Integer(),
  warnings: Type.Integer(),
  diagnostics: Type.Array(DIAGNOSTIC),
});

const tags = ['policies'];

export function policyRoutes(port: PolicyPort): Routes {
  const { holder, mask } = port;
  const shown = (diagnostics: readonly Diagnostic[]) =>
    diagnostics.slice(0, MAX_DIAGNOSTICS).map((one) => cutDiagnostic(mask.value(diagnosticJson(one))));

  return (server) => {
    server.get(
      '/v1/policies',
      {
        config: { access: ['read', 'policies'] },
        schema: {
          tags,
          summary: 'The policies in force, and how the last reload went.',
          response: { 200: POLICIES },
        },
      },
      async () => {
        const { version, loadedAt, policies } = holder.current;
        const last = holder.lastReload;
        return {
          version,
          loaded_at: loadedAt.toISOString(),
          default_policy: port.defaultPolicy,
          policies: Array.from(policies.values(), ({ name, sources }) => ({ name, sources: [...sources] })),
          last_reload: {
            in_force: last?.isSwapped ?? false,
            at: (last?.at ?? loadedAt).toISOString(),
            diagnostics: shown(last?.diagnostics ?? []),
          },
        };
      },
    );

    server.get(
      '/v1/policies/:policy',
      {
        config: { access: ['read', 'policies'] },
        schema: {
          tags,
          summary: 'A policy as it was understood: every list with its restrictions in order.',
          params: closed({ policy: POLICY_NAME }),
          response: { 200: POLICY },
        },
      },
      async ({ params }) => {
        const { policies, version, loadedAt } = holder.current;
        const policy = policies.get(params.policy);
        if (policy === undefined) throw noPolicy(params.policy, 'params/policy', 404);
        const own = new Set(policy.sources);
        const diagnostics = holder.lastReload?.isSwapped === true ? holder.lastReload.diagnostics : [];
        return {
          name: policy.name,
          sources: [...policy.sources],
          version,
          loaded_at: loadedAt.toISOString(),
          lists: mask.value(listsOf(policy)),
          diagnostics: shown(diagnostics.filter(({ span }) => own.has(span?.source.file ?? ''))),
        };
      },
    );

    server.post(
      '/v1/policies/check',
      {
        config: { access: ['policies'] },
        schema: {
          tags,
          summary: 'Every mistake and doubt in a candidate, as `postward check --json` tells them.',
          body: closed({ text: CANDIDATE_TEXT, policy: Type.Optional(POLICY_NAME) }),
          response: { 200: CHECK },
        },
      },
      async ({ body }) =>
        withCandidate(port, body.text, body.policy, async ({ diagnostics }) => ({
          errors: diagnostics.filter(({ severity }) => severity === 'error').length,
          warnings: diagnostics.filter(({ severity }) => severity === 'warning').length,
          diagnostics: shown(diagnostics),
        })),
    );

    server.post(
      '/v1/policies/reload',
      {
        config: { access: ['policies'] },
        schema: {
          tags,
          summary: 'Read all policies anew. With a mistake in one of them those before stay in force: 422.',
          response: { 200: RELOAD },
        },
      },
      async ({ principal }) => {
        const { isSwapped, version, at, diagnostics } = await port.reload();
        port.onDone?.(principal?.actor ?? '', 'policy.reload', { version, in_force: isSwapped });
        if (isSwapped) return { version, at: isoTime(at.getTime()), diagnostics: shown(diagnostics) };
        throw new ProblemError(
          422,
          `the policies have mistakes; version ${version} stays in force`,
          undefined,
          {
            diagnostics: shown(diagnostics),
          },
        );
      },
    );
  };
}

/** Compiles a candidate in the place of a policy, and lets go of it when `use` is done. */
export async function withCandidate<T>(
  { holder, lists, mask, defaultPolicy }: PolicyPort,
  text: string,
  policy: string | undefined,
  use: (candidate: Candidate, policy: string) => Promise<T>,
): Promise<T> {
  const live: Snapshot = holder.current;
  const name = policy ?? defaultPolicy;
  live.pin();
  try {
    const candidate = compileCandidate({ text, policy: name, live, lists, mask });
    if (candidate === undefined) throw noPolicy(name, 'body/policy', 400);
    try {
      return await use(candidate, name);
    } finally {
      candidate.snapshot.retire();
    }
  } finally {
    live.unpin();
  }
}

export function noPolicy(name: string, field: string, status: number): ProblemError {
  return new ProblemError(status, `no policy is called \`${name}\``, [
    fieldProblem(field, name, 'the name of a policy in force'),
  ]);
}

/** What a mistake quotes may be most of the text. Keys are masked before: of half of one nobody could tell. */
function cutDiagnostic(diagnostic: DiagnosticJson): DiagnosticJson {
  const { message, help } = diagnostic;
  return {
    ...diagnostic,
    message: cutSentence(message),
    ...(help === undefined ? {} : { help: cutSentence(help) }),
  };
}

type ListView = Static<typeof POLICY>['lists'][number];

function listsOf(policy: Policy): ListView[] {
  return Array.from(policy.programs, ([list, program]) => {
    const steps: ListView['steps'] = [];
    addSteps(program, 0, steps);
    return { list, steps };
  }).filter(({ steps }) => steps.length > 0);
}

/** A class may contain itself: the engine ends that by depth, and so does this. */
function addSteps({ steps }: Program, depth: number, to: ListView['steps']): void {
  for (const step of steps) {
    if (to.length >= MAX_STEPS) return;
    to.push({ ...stepJson(step), depth });
    if (step.nested !== undefined && depth < MAX_DEPTH) addSteps(step.nested, depth + 1, to);
  }
}
