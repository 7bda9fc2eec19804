/**
 * Small programs for tests of the engine, written as trees:
 * `['warn', 'reject', ['dunno', 'permit']]`.
 */
import type { DnsAnswer, DnsType, Resolver } from '../../src/dns/resolver.ts';
import { DUNNO, type Outcome, PERMIT, type Reply, WARN_NEXT } from '../../src/engine/outcome.ts';
import type { Plan } from '../../src/engine/plan.ts';
import type { ListName, Program, Step } from '../../src/engine/step.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';

export type Leaf =
  | 'dunno'
  | 'permit'
  | 'reject'
  | 'defer'
  | 'fault'
  | 'dip'
  | 'dir'
  | 'warn'
  | 'hold'
  | 'prepend'
  | 'discard'
  | 'dns-reject'
  | 'dns-dunno'
  | 'dns-dip';

/** A class is a tree inside a tree; `forbid` and `undecide` are table results. */
export type Tree =
  | Leaf
  | readonly Tree[]
  | { readonly forbid: readonly Tree[] }
  | { readonly undecide: readonly Tree[] };

/** Each place in the tree has its own text, so that tests see whose reply was sent. */
export function replyAt(kind: string, place: string): Reply {
  const code = kind === 'reject' || kind === 'dns-reject' ? 554 : kind === 'fault' ? 451 : 450;
  return {
    code,
    dsn: `${Math.trunc(code / 100)}.7.1`,
    prefix: '<x>: Test rejected',
    text: `${kind} at ${place}`,
  };
}

export function outcomeOf(kind: Leaf, place: string): Outcome {
  const reply = replyAt(kind, place);
  switch (kind) {
    case 'dunno':
    case 'dns-dunno':
      return DUNNO;
    case 'permit':
      return PERMIT;
    case 'warn':
      return WARN_NEXT;
    case 'dip':
    case 'dns-dip':
      return { kind: 'defer_if_permit', reply };
    case 'dir':
      return { kind: 'defer_if_reject', reply };
    case 'hold':
      return { kind: 'effect', effect: { verb: 'HOLD', text: place } };
    case 'prepend':
      return { kind: 'effect', effect: { verb: 'PREPEND', text: `X-Test: ${place}` } };
    case 'discard':
      return { kind: 'effect', effect: { verb: 'DISCARD', text: place } };
    default:
      return { kind: 'reject', reply, isFault: kind === 'fault' };
  }
}

export function program(trees: readonly Tree[], place = ''): Program {
  return { steps: trees.map((tree, i) => step(tree, `${place}/${i}`)) };
}

function step(tree: Tree, place: string): Step {
  const ref = { restriction: String(place), text: place, span: undefined };
  if (typeof tree === 'string') {
    const outcome = outcomeOf(tree, place);
    if (!tree.startsWith('dns-')) return { ...ref, check: () => outcome };
    const name = `${place.replaceAll('/', 'x')}.test`;
    return {
      ...ref,
      queries: () => [{ name, type: 'A' }],
      check: (e) => {
        const answer = e.lookup(name, 'A');
        return answer instanceof Promise ? answer.then(() => outcome) : outcome;
      },
    };
  }
  const [inner, ifPermit] =
    'forbid' in tree
      ? ([tree.forbid, 'forbidden'] as const)
      : 'undecide' in tree
        ? ([tree.undecide, 'dunno'] as const)
        : ([tree, 'permit'] as const);
  const nested = program(inner, place);
  const outcome: Outcome = { kind: 'evaluate', program: nested, subject: undefined, ifPermit };
  return ifPermit === 'permit' ? { ...ref, check: () => outcome, nested } : { ...ref, check: () => outcome };
}

export function planOf(
  lists: Partial<Record<ListName, readonly Tree[]>>,
  scope: Plan['scope'] = 'whole',
): Plan {
  const names = Object.keys(lists) as ListName[];
  return {
    scope,
    isSoftBounce: false,
    stages: names.map((list, i) => ({
      list,
      program: program(lists[list] ?? [], list),
      forgetsDeferIfReject: !(list === 'recipient' && names[i - 1] === 'relay'),
      forgetsDeferIfPermitWithoutSender: false,
      implicit: undefined,
      early: undefined,
      isSkippedIfDeferred: false,
      subject: () => ({ name: 'x', replyClass: 'Client host' }),
    })),
  };
}

/** Answers after a turn of the event loop, or at once for names it was asked before. */
export class SlowResolver implements Resolver {
  readonly asked: string[] = [];
  readonly #known = new Map<string, DnsAnswer | Promise<DnsAnswer>>();

  lookup(name: string, type: DnsType): DnsAnswer | Promise<DnsAnswer> {
    const key = `${name}/${type}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.asked.push(name);
    const answer: DnsAnswer = { status: 'nxdomain', records: [], ttlSeconds: 60, reason: '' };
    const late = new Promise<DnsAnswer>((resolve) => {
      setImmediate(() => {
        this.#known.set(key, answer);
        resolve(answer);
      });
    });
    this.#known.set(key, late);
    return late;
  }
}

export function request(): PolicyRequest {
  const made = new PolicyRequest();
  made.protocol_state = 'RCPT';
  made.helo_name = 'h.test';
  made.sender = 'a@s.test';
  made.recipient = 'b@d.test';
  return made;
}
