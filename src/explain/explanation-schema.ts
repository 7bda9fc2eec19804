/**
 * An explained decision as JSON: what `postward explain --json` and the admin
 * API give.
 */
import { type Static, Type } from 'typebox';
import { DNS_TYPES } from '../dns/resolver.ts';
import { VERDICTS } from '../engine/decision.ts';
import { LIST_NAMES } from '../engine/step.ts';

const CLOSED = { additionalProperties: false } as const;

const LIST = Type.Enum([...LIST_NAMES]);

const REPLY = Type.Object(
  {
    code: Type.Integer({ minimum: 400, maximum: 599 }),
    dsn: Type.String({ description: 'Enhanced status code, RFC 3463.' }),
    prefix: Type.String({ description: 'What Postfix puts before the text; empty for nothing.' }),
    text: Type.String(),
  },
  CLOSED,
);

const EFFECT = Type.Object({ verb: Type.String(), text: Type.String() }, CLOSED);

/** Where a restriction stands; the place is missing for what smtpd does by itself. */
const STEP = {
  restriction: Type.String({ description: 'Its current name in Postfix.' }),
  text: Type.String({ description: 'As it is written, with its argument.' }),
  file: Type.Optional(Type.String()),
  line: Type.Optional(Type.Integer({ minimum: 1 })),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
};

const LOOKUP = Type.Object(
  {
    table: Type.String(),
    key: Type.String(),
    value: Type.Optional(Type.String({ description: 'The right-hand side; missing: not found.' })),
    failure: Type.String({ description: 'Why the table could not answer; empty if it could.' }),
  },
  CLOSED,
);

const DNS_NOTE = Type.Object(
  {
    name: Type.String(),
    type: Type.Enum([...DNS_TYPES]),
    status: Type.Enum(['found', 'nxdomain', 'nodata', 'tempfail']),
    records: Type.Array(Type.Object({ data: Type.String(), preference: Type.Integer() }, CLOSED)),
    ttl_seconds: Type.Integer(),
    reason: Type.String({ description: 'Of a failure; else empty.' }),
    cached: Type.Boolean(),
  },
  CLOSED,
);

const ENTRY = Type.Object(
  {
    ...STEP,
    depth: Type.Integer({ description: '0: of the list itself; 1: in a class or table result, and so on.' }),
    warn_only: Type.Boolean(),
    outcome: Type.Optional(
      Type.Object(
        { kind: Type.String(), reply: Type.Optional(REPLY), effect: Type.Optional(EFFECT) },
        { ...CLOSED, description: 'What the restriction said; missing: no answer in time.' },
      ),
    ),
    lookups: Type.Array(LOOKUP),
    dns: Type.Array(DNS_NOTE),
    notes: Type.Array(Type.String(), {
      description: 'What else there is to say: why a DNSBL was not asked.',
    }),
    duration_ms: Type.Number(),
  },
  CLOSED,
);

export const EXPLANATION = Type.Object(
  {
    verdict: Type.Enum([...VERDICTS]),
    action: Type.String({ description: 'What Postfix is answered.' }),
    reply: Type.Optional(REPLY),
    effects: Type.Array(EFFECT),
    fault: Type.Boolean({ description: 'The reply tells of a fault of ours or of the configuration.' }),
    policy: Type.String(),
    list: Type.Optional(LIST),
    decided_by: Type.Optional(Type.Object({ list: LIST, ...STEP, entry: Type.Optional(LOOKUP) }, CLOSED)),
    warnings: Type.Array(
      Type.Object(
        { code: Type.String(), message: Type.String(), list: LIST, ...STEP, reply: Type.Optional(REPLY) },
        CLOSED,
      ),
    ),
    duration_ms: Type.Number(),
    request: Type.Record(Type.String(), Type.String(), { description: 'The attributes that are not empty.' }),
    assumed: Type.Array(Type.String(), { description: 'What was not given, as `name=value`.' }),
    trace: Type.Array(
      Type.Object(
        {
          list: LIST,
          implicit: Type.Optional(
            Type.Enum(['before', 'after'], {
              description: 'What smtpd checks by itself before or after the list; missing: the list itself.',
            }),
          ),
          result: Type.Enum(['permitted', 'rejected', 'discarded', 'stopped']),
          entries: Type.Array(ENTRY),
          not_reached: Type.Array(Type.Object(STEP, CLOSED)),
        },
        CLOSED,
      ),
    ),
    lists_not_run: Type.Array(Type.Object({ list: LIST, reason: Type.String() }, CLOSED)),
  },
  CLOSED,
);

export type ExplanationJson = Static<typeof EXPLANATION>;
