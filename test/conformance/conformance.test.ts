/**
 * Real Postfix deciding natively against the same Postfix asking Postward, in
 * both layouts, for every case of cases/: the same main.cf, tables and DNS,
 * the same SMTP sessions. How a case is written: test/support/case-file.ts.
 *
 * Native replies are compared with those in the case file, so a case says what
 * Postfix does and a probe that tests nothing is seen. After a change,
 * `npm run conformance:record` writes them anew, to be reviewed as a diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCase, withReplies } from '../support/case-file.ts';
import { requirement } from '../support/requirements.ts';
import { compareReplies, IMPOSSIBLE } from './reply-comparison.ts';
import { LAYOUTS, type ProbeResult, runCase } from './run-case.ts';

const CASES = join(import.meta.dirname, 'cases');
/** Its tables say which case shows what cannot be the same. */
const DOCUMENTED = readFileSync(join(import.meta.dirname, '../../docs/postfix-differences.md'), 'utf8').split(
  '\n',
);
const isRecording = process.env['POSTWARD_RECORD_CONFORMANCE'] === 'true';

const postfix = requirement('postfix');

/** As a case file has them. */
const linesOf = (result: ProbeResult | undefined): readonly string[] => [
  ...(result?.replies ?? []),
  ...(result?.effects ?? []),
];

describe.skipIf(!postfix.isMet)('Postward decides what Postfix decides', () => {
  /** What a policy answer cannot reproduce → the probes that show it. */
  const seen = new Map<string, Set<string>>();

  for (const file of readdirSync(CASES).sort()) {
    const name = file.replace(/\.case$/, '');
    const text = readFileSync(join(CASES, file), 'utf8');
    const parsed = parseCase(name, text);
    const { about, probes } = parsed;

    it.concurrent(`${name}: ${about}`, async ({ expect }) => {
      const results = await runCase(parsed, { layouts: isRecording ? [] : LAYOUTS });
      if (isRecording) {
        const recorded = new Map([...results.native].map(([id, result]) => [id, linesOf(result)]));
        writeFileSync(join(CASES, file), withReplies(text, recorded));
      }
      const differences: string[] = [];
      for (const { id, expected, instead } of probes) {
        const native = linesOf(results.native.get(id));
        if (!isRecording) expect.soft(native, `${id}, natively`).toEqual(expected);
        for (const [layout, delegated] of results.delegated) {
          const ours = linesOf(delegated.get(id));
          const other = instead[layout];
          if (other !== undefined) {
            if (isRecording) continue;
            expect.soft(ours, `${id}, ${layout}`).toEqual(other);
            // A difference that is gone is not to stay in the documentation.
            expect.soft(ours, `${id}, ${layout}`).not.toEqual(native);
            continue;
          }
          for (let index = 0; index < Math.max(native.length, ours.length); index += 1) {
            const [left, right] = [native[index] ?? '', ours[index] ?? ''];
            const comparison = compareReplies(layout, left, right);
            if (comparison.kind === 'possible')
              for (const because of comparison.because) {
                seen.set(because, (seen.get(because) ?? new Set()).add(`${name}/${id}`));
              }
            if (comparison.kind === 'different') {
              differences.push(
                `${id}, ${layout}: ${comparison.what}\n  native    ${left}\n  delegated ${right}`,
              );
            }
          }
        }
      }
      expect(differences.join('\n')).toBe('');
    });
  }

  afterAll(() => {
    // An exception that no case needs is one that hides something.
    if (isRecording) return;
    expect([...seen.keys()].sort()).toEqual([...IMPOSSIBLE].sort());
    const undocumented = IMPOSSIBLE.filter((because) => {
      const row = DOCUMENTED.find((line) => line.startsWith(`| ${because} |`)) ?? '';
      const shown = /\| `([^`]+)` \|$/.exec(row)?.[1] ?? '';
      return seen.get(because)?.has(shown) !== true;
    });
    expect(undocumented).toEqual([]);
  });
});
