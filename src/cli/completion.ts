/**
 * Completion for shells, made from the commands that there are: names, flags,
 * and the values of flags that have few. Files where nothing else fits.
 */
import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

interface Place {
  /** `list add` */
  readonly path: string;
  readonly words: readonly string[];
  /** Flags that take a value, and their values; none: anything, a file perhaps. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** A script to be read by the shell: `source <(postward completion bash)`. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, []);
  // zsh runs completions of bash in its own emulation (zshcompsys(1), bashcompinit).
  const start = shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : [];
  return [
    ...start,
    '_postward() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" path="" i',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "$path ${COMP_WORDS[i]}" in',
    ...places.filter(({ path }) => path !== '').map(({ path }) => `      " ${path}") path=" ${path}" ;;`),
    '    esac',
    '  done',
    '  case "$path $before" in',
    ...places.flatMap(({ path, values }) =>
      Array.from(values, ([flag, choices]) => reply(`"${prefix(path)} ${flag}"`, choices, ' return')),
    ),
    '  esac',
    '  case "$path" in',
    ...places.map(({ path, words }) => reply(`"${prefix(path)}"`, words, '')),
    '  esac',
    '}',
    'complete -o default -F _postward postward',
    '',
  ].join('\n');
}

function prefix(path: string): string {
  return path === '' ? '' : ` ${path}`;
}

function reply(pattern: string, words: readonly string[], after: string): string {
  return `    ${pattern}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$word"));${after} ;;`;
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const values = new Map(
    command.options.flatMap(({ long, argChoices = [], required, optional }) =>
      typeof long === 'string' && (required || optional) ? [[long, argChoices] as const] : [],
    ),
  );
  const own: Place = {
    path: path.join(' '),
    words: [
      ...command.commands.map((one) => one.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      ...flags,
      '--help',
    ],
    values,
  };
  return [own, ...command.commands.flatMap((one) => placesOf(one, [...path, one.name()]))];
}
