#!/usr/bin/env node
/**
 * The `postward` command. Looks at the version of Node before it loads
 * anything else: an older one would fail on syntax or modules it does not
 * know, and tell nobody why. So this file keeps to what any Node understands
 * and imports the rest only after the check.
 */
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(`postward needs Node.js ${OLDEST_NODE} or newer, and this is ${process.versions.node}`);
  process.exitCode = 1;
} else {
  const { run } = await import('./cli/cli.ts');
  process.exitCode = await run(process.argv);
}
