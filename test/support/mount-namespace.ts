/**
 * Runs a program in a mount namespace of its own, with files and directories
 * of the test in place of the machine's. Needs root, unshare(1) and mount(8).
 */

/** The command that runs `program` with each path (key) replaced by the test's own (value). */
export function inNamespace(
  mounts: Readonly<Record<string, string>>,
  program: string,
  args: readonly string[],
): { program: string; args: string[] } {
  const pairs = Object.entries(mounts).map(([place, source]) => `mount --bind '${source}' '${place}' && `);
  return {
    program: 'unshare',
    args: [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `${pairs.join('')}exec "$0" "$@"`,
      program,
      ...args,
    ],
  };
}
