/** The words of parameters that a policy sets, each once, also where one parameter takes its value from another. */
import type { Token } from '../../language/tokenizer.ts';
import type { LintContext } from './lint-rule.ts';

export interface WrittenWord {
  readonly parameter: string;
  readonly token: Token;
}

export function* writtenWords({ parameters }: LintContext, names: readonly string[]): Generator<WrittenWord> {
  const seen = new Set<string>();
  for (const parameter of names) {
    if (!parameters.isSet(parameter)) continue;
    for (const token of parameters.tokens(parameter)) {
      const place = `${token.span.source.file} ${token.span.start}`;
      if (seen.has(place)) continue;
      seen.add(place);
      yield { parameter, token };
    }
  }
}
