/**
 * YAML to raw settings, with the place of every key and value.
 *
 * Read by the failsafe schema, in which every scalar is a text: `0660` stays
 * `0660` and `off` stays `off`, and the table of settings alone says what they
 * mean. Anchors and aliases are refused; settings need none, and they can make
 * a small file huge.
 */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Report } from '../language/diagnostic.ts';
import type { Source, Span } from '../language/source.ts';
import type { RawEntry, RawValue } from './raw-value.ts';

/** undefined when it is not YAML; all that is wrong goes to `report`. */
export function parseYaml(source: Source, report: Report): RawValue | undefined {
  const document = parseDocument(source.text, {
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'silent',
  });
  let line = 0;
  for (const error of document.errors) {
    const span = source.span(error.pos[0], error.pos[1]);
    const position = source.position(span.start);
    // One mistake makes several complaints about its line.
    if (position.line === line) continue;
    line = position.line;
    report({
      severity: 'error',
      code: 'settings-syntax',
      message: `not valid YAML: ${lowerFirst(error.message)}`,
      span,
      help: 'mend its syntax here or in the lines above; config/postward.yaml shows how settings are written',
    });
  }
  if (document.errors.length > 0) return undefined;
  return toRaw(document.contents, source.span(0, 0), report);
}

function toRaw(node: unknown, fallback: Span, report: Report): RawValue {
  const span = spanOf(node, fallback);
  if (isMap(node)) {
    const entries = node.items.map((pair): RawEntry => {
      const keySpan = spanOf(pair.key, span);
      return {
        key: isScalar(pair.key) ? String(pair.key.value) : '',
        keySpan,
        value: toRaw(pair.value, keySpan, report),
      };
    });
    return { kind: 'map', entries, span };
  }
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => toRaw(item, span, report)), span };
  if (isScalar(node)) {
    const isEmpty = node.value === null || (node.value === '' && node.type === 'PLAIN');
    return isEmpty ? { kind: 'empty', span } : { kind: 'text', text: String(node.value), span };
  }
  if (node !== null && node !== undefined) {
    report({
      severity: 'error',
      code: 'settings-syntax',
      message: 'YAML aliases are not supported in settings',
      span,
      help: 'write the value out',
    });
  }
  return { kind: 'empty', span };
}

function spanOf(node: unknown, fallback: Span): Span {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range ? fallback.source.span(range[0], range[1]) : fallback;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
