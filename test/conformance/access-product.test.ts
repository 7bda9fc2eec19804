/**
 * Real Postfix on every check_*_access × table × entry (access-product.ts):
 * natively as access(5) says, and the same through Postward in both layouts.
 */
import { describe, it } from 'vitest';
import { requirement } from '../support/requirements.ts';
import { accessProduct } from './access-product.ts';
import { compareReplies } from './reply-comparison.ts';
import { LAYOUTS, type ProbeResult, runCase } from './run-case.ts';

/** Each has a Postfix of its own; two run side by side. */
const PARTS = 4;
/** Thousands of SMTP sessions: a quarter of a minute, on a machine with nothing else to do. */
const LIMIT_MS = 300_000;

const postfix = requirement('postfix');

/** A table that says the same for both fingerprints of a certificate acts twice; a policy answer has one action. */
const linesOf = (result: ProbeResult | undefined): readonly string[] => [
  ...(result?.replies ?? []),
  ...new Set(result?.effects),
];

describe.skipIf(!postfix.isMet)('Every table with every check', () => {
  it.concurrent.for(accessProduct(PARTS))(
    '$parsed.name',
    { timeout: LIMIT_MS },
    async ({ parsed, expected }, { expect }) => {
      const { native, delegated } = await runCase(parsed, { layouts: LAYOUTS });
      const wrong: string[] = [];
      for (const [id, pattern] of expected) {
        const theirs = linesOf(native.get(id));
        if (!pattern.test(theirs.at(-1) ?? '')) wrong.push(`${id}, natively: ${theirs.join('\n')}`);
        for (const [layout, results] of delegated) {
          const ours = linesOf(results.get(id));
          for (let index = 0; index < Math.max(theirs.length, ours.length); index += 1) {
            const [left, right] = [theirs[index] ?? '', ours[index] ?? ''];
            const comparison = compareReplies(layout, left, right);
            if (comparison.kind === 'different')
              wrong.push(`${id}, ${layout}: ${comparison.what}\n  ${left}\n  ${right}`);
          }
        }
      }
      expect(wrong.join('\n')).toBe('');
    },
  );
});
