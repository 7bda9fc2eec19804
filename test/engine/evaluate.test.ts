import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/engine/decision.ts';
import { evaluate } from '../../src/engine/evaluate.ts';
import { Evaluation } from '../../src/engine/evaluation.ts';
import { formatReply } from '../../src/engine/outcome.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { modelOf } from './model.ts';
import { type Leaf, planOf, request, SlowResolver, type Tree } from './programs.ts';

async function run(plan: Plan, lookahead = 16, isTracing = false) {
  const resolver = new SlowResolver();
  const evaluation = new Evaluation(request(), { resolver, isTracing });
  const decision = await evaluate(plan, evaluation, { lookahead });
  return { decision, resolver };
}

function summary(decision: Decision): string {
  const warnings = decision.warnings.map(({ code, message }) => `${code}: ${message}`);
  const effects = decision.effects.map(({ verb, text }) => `${verb} ${text}`);
  const reply = decision.reply === undefined ? '' : ` ${formatReply(decision.reply)}`;
  return [`${decision.verdict}${reply}`, ...effects, ...warnings].join('\n');
}

const LEAVES: readonly Leaf[] = [
  'dunno',
  'permit',
  'reject',
  'defer',
  'fault',
  'dip',
  'dir',
  'warn',
  'warn',
  'hold',
  'discard',
  'dns-reject',
  'dns-dunno',
  'dns-dunno',
  'dns-dip',
];

const tree = fc.letrec<{ tree: Tree; list: readonly Tree[] }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...LEAVES),
    tie('list'),
    tie('list').map((forbid) => ({ forbid })),
    tie('list').map((undecide) => ({ undecide })),
  ),
  list: fc.array(tie('tree'), { maxLength: 4 }),
}));

const lists = fc.record({
  client: tree.list,
  helo: tree.list,
  sender: tree.list,
  relay: tree.list,
  recipient: tree.list,
});

describe('evaluate', () => {
  it.each<[string, readonly Tree[], string]>([
    ['an empty list permits', [], 'permit'],
    [
      'the first reject wins',
      ['dunno', 'reject', 'permit'],
      'reject 554 5.7.1 <x>: Test rejected: reject at recipient/1',
    ],
    ['a permit ends the list', ['permit', 'reject'], 'permit'],
    ['a permit in a class ends the list', [['permit'], 'reject'], 'permit'],
    [
      'an exhausted class goes on',
      [['dunno'], 'defer'],
      'defer 450 4.7.1 <x>: Test rejected: defer at recipient/1',
    ],
    [
      'OK where it is forbidden',
      [{ forbid: ['permit'] }, 'permit'],
      'defer 451 4.3.5 Server configuration error',
    ],
    [
      'OK that counts as undecided',
      [{ undecide: ['permit'] }, 'reject'],
      'reject 554 5.7.1 <x>: Test rejected: reject at recipient/1',
    ],
    [
      'defer_if_permit waits for the end',
      ['dip', 'dunno'],
      'defer_if_permit 450 4.7.1 <x>: Test rejected: dip at recipient/0',
    ],
    [
      'a reject wins over defer_if_permit',
      ['dip', 'reject'],
      'reject 554 5.7.1 <x>: Test rejected: reject at recipient/1',
    ],
    [
      'defer_if_reject replaces a 5xx',
      ['dir', 'reject'],
      'defer 450 4.7.1 <x>: Test rejected: dir at recipient/0',
    ],
    [
      'defer_if_reject leaves a 4xx',
      ['dir', 'defer'],
      'defer 450 4.7.1 <x>: Test rejected: defer at recipient/1',
    ],
    [
      'both flags stop the list',
      ['dir', 'dip', 'reject'],
      'defer_if_permit 450 4.7.1 <x>: Test rejected: dip at recipient/1',
    ],
    ['DISCARD skips the rest', ['discard', 'reject'], 'discard'],
    [
      'DISCARD after defer_if_permit defers',
      ['dip', 'discard'],
      'defer 450 4.7.1 <x>: Test rejected: dip at recipient/0',
    ],
    [
      'warn_if_reject softens the next one only',
      ['warn', 'reject', 'reject'],
      'reject 554 5.7.1 <x>: Test rejected: reject at recipient/2',
    ],
    ['warn_if_reject softens a whole class', ['warn', ['reject', 'reject'], 'dunno'], 'permit'],
    [
      'warn_if_reject does not soften a fault',
      ['warn', 'fault'],
      'defer 451 4.7.1 <x>: Test rejected: fault at recipient/1',
    ],
    ['warn_if_reject defer_if_permit sets no flag', ['warn', 'dip'], 'permit'],
    [
      'warn_if_reject defer_if_reject sets the flag',
      ['warn', 'dir', 'reject'],
      'defer 450 4.7.1 <x>: Test rejected: dir at recipient/1',
    ],
  ])('%s', async (_title, recipient, expected) => {
    const { decision } = await run(planOf({ recipient }));
    expect(summary(decision).split('\n')[0]).toBe(expected);
  });

  it('carries defer_if_permit over to the lists that follow', async () => {
    const { decision } = await run(planOf({ client: ['dip'], recipient: ['permit'] }));
    expect(summary(decision)).toBe('defer_if_permit 450 4.7.1 <x>: Test rejected: dip at client/0');
  });

  it('forgets defer_if_reject between lists, but not between relay and recipient', async () => {
    const forgotten = await run(planOf({ client: ['dir'], recipient: ['reject'] }));
    expect(forgotten.decision.verdict).toBe('reject');
    const kept = await run(planOf({ relay: ['dir'], recipient: ['reject'] }));
    expect(kept.decision.verdict).toBe('defer');
  });

  it('says so when a side effect cannot be answered', async () => {
    const once = await run(planOf({ client: ['hold'], recipient: ['hold'] }));
    expect(once.decision.warnings).toEqual([]);
    const plan = planOf({ client: ['hold', 'hold'], sender: ['prepend'], recipient: ['dunno'] });
    const { decision } = await run(plan);
    // Named is the step whose effect is lost, not the one that came last.
    expect(decision.warnings).toMatchObject([
      {
        code: 'lost_effect',
        message: expect.stringContaining('of HOLD and PREPEND'),
        list: 'sender',
        step: { text: 'sender/0' },
      },
    ]);
  });

  it('is a plain value when nothing has to wait', () => {
    const evaluation = new Evaluation(request(), { resolver: new SlowResolver(), isTracing: false });
    expect(evaluate(planOf({ client: ['dunno'], recipient: ['reject'] }), evaluation)).not.toBeInstanceOf(
      Promise,
    );
  });

  it('asks for what is to come when it first has to wait', async () => {
    const plan = planOf({
      client: ['dns-dunno', 'dns-dunno'],
      recipient: [['dns-dunno'], 'permit', 'dns-dunno'],
    });
    const { resolver } = await run(plan);
    expect(resolver.asked).toEqual([
      'clientx0.test',
      'clientx1.test',
      'recipientx0x0.test',
      'recipientx2.test',
    ]);
  });

  it('stops list recursion with a configuration error', async () => {
    const plan = planOf({ recipient: [['dunno']] });
    const loop = plan.stages[0]?.program.steps[0]?.nested as { steps: unknown };
    loop.steps = plan.stages[0]?.program.steps;
    const { decision } = await run(plan, 0);
    expect(summary(decision)).toBe('defer 451 4.3.5 Server configuration error');
  });

  it('stops when lists in lists stand for more steps than there is time for', async () => {
    const chain = Array.from({ length: 12 }).reduce<Tree>((inner) => [inner], ['dunno']);
    const plan = planOf({ recipient: ['dns-dunno', chain] });
    for (
      let step = plan.stages[0]?.program.steps[1];
      step?.nested !== undefined;
      step = step.nested.steps[0]
    ) {
      const list = step.nested as { steps: unknown };
      list.steps = Array.from({ length: 60 }, () => step?.nested?.steps[0]);
    }
    for (const lookahead of [0, 16]) {
      const { decision } = await run(plan, lookahead);
      expect(summary(decision)).toBe('defer 451 4.3.5 Server configuration error');
    }
  });

  it('notes every step, and what was not reached, in a trace', async () => {
    const { decision } = await run(planOf({ client: ['dunno', ['dunno', 'reject'], 'permit'] }), 16, true);
    expect(decision.trace).toHaveLength(1);
    const [list] = decision.trace ?? [];
    expect(list?.entries.map(({ step, depth, outcome }) => [step.text, depth, outcome?.kind])).toEqual([
      ['client/0', 0, 'dunno'],
      ['client/1', 0, 'evaluate'],
      ['client/1/0', 1, 'dunno'],
      ['client/1/1', 1, 'reject'],
    ]);
    expect(list?.notReached.map(({ text }) => text)).toEqual(['client/2']);
    expect(list?.result).toBe('rejected');
  });

  it('decides as the model of smtpd does, whatever the lookahead', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (trees) => {
        const plan = planOf(trees);
        const expected = modelOf(trees);
        for (const lookahead of [0, 2, 16]) {
          const { decision } = await run(plan, lookahead, lookahead === 2);
          expect(summary(decision)).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });
});
