/**
 * `postward check`: every mistake and doubt in the policies and the settings,
 * with place, cause and cure.
 */
import { resolve } from 'node:path';
import { formatDiagnostic } from '../language/code-frame.ts';
import type { Diagnostic } from '../language/diagnostic.ts';
import { diagnosticJson } from '../language/diagnostic-json.ts';
import { loadPolicies } from '../load-policies.ts';
import { maskFor, type OptionValues, settingsFor } from './setting-flags.ts';
import { painter, type Terminal } from './terminal.ts';

const CLEAN = 0;
const DOUBTFUL = 1;
const BROKEN = 2;

/** @returns 0 clean, 1 doubts and `--strict`, 2 mistakes */
export async function check(
  file: string | undefined,
  options: OptionValues,
  terminal: Terminal,
): Promise<number> {
  const settings =
    file === undefined ? settingsFor(options, terminal) : { policies: resolve(terminal.directory, file) };
  const mask = maskFor(options, terminal);
  const { snapshot, diagnostics } = await loadPolicies(settings, 1);
  const names = [...(snapshot?.policies.keys() ?? [])];
  snapshot?.retire();

  const errors = count(diagnostics, 'error');
  const warnings = count(diagnostics, 'warning');
  if (options['json'] === true) {
    terminal.out(
      JSON.stringify(
        { errors, warnings, diagnostics: diagnostics.map((one) => mask.value(diagnosticJson(one))) },
        undefined,
        2,
      ),
    );
  } else {
    for (const diagnostic of diagnostics) {
      terminal.out(`${formatDiagnostic(diagnostic, { colour: terminal.hasOutColour, mask })}\n`);
    }
    const paint = painter(terminal.hasOutColour);
    const style = errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green';
    const subject =
      names.length === 0 ? '' : `${names.length === 1 ? 'policy' : 'policies'} ${names.join(', ')}: `;
    terminal.out(paint(style, `${subject}${number(errors, 'error')}, ${number(warnings, 'warning')}`));
  }
  if (errors > 0) return BROKEN;
  return warnings > 0 && options['strict'] === true ? DOUBTFUL : CLEAN;
}

function count(diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
}

function number(amount: number, what: string): string {
  return `${amount === 0 ? 'no' : amount} ${what}${amount === 1 ? '' : 's'}`;
}
