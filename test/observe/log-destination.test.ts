import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const destination = resolve(import.meta.dirname, '../../src/observe/log-destination.ts');

function start(body: string) {
  const script = `import { openLogDestination } from ${JSON.stringify(destination)};
    const log = openLogDestination(1);
    ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function output(child: ReturnType<typeof start>) {
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, lines: Buffer.concat(chunks).toString().split('\n'), errors: errors.join('') };
}

const WRITE = 'for (let i = 0; i < 50_000; i++) log.write(`${i} ${"x".repeat(60)}\\n`);';

test('a process that ends well has written every line, in order', async () => {
  const { code, lines, errors } = await output(start(`${WRITE} await log.close();`));
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(lines).toHaveLength(50_001);
  expect(lines.slice(0, -1).every((line, index) => line.startsWith(`${index} `))).toBe(true);
});

test('so has one that calls process.exit', async () => {
  const { code, lines } = await output(start(`${WRITE} process.exit(3);`));
  expect(code).toBe(3);
  expect(lines).toHaveLength(50_001);
  expect(lines.slice(0, -1).every((line, index) => line.startsWith(`${index} `))).toBe(true);
});

test('a reader that does not read costs lines beyond a bound, not the event loop', async () => {
  const child = start(`
    const line = "x".repeat(1023) + "\\n";
    for (let i = 0; i < 40_000; i++) log.write(line);
    await new Promise((done) => setTimeout(done, 50));
    process.stderr.write(String(log.linesLost));
    process.exitCode = 0;
    process.kill(process.pid, 'SIGKILL');`);
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  await once(child, 'exit');
  const lost = Number(errors.join(''));
  expect(lost).toBeGreaterThan(20_000);
  expect(lost).toBeLessThan(25_000);
  child.stdout.destroy();
});

test('a reader that never reads is told of when the log is closed', async () => {
  const child = start(`
    ${WRITE}
    process.stderr.write(String(await log.close()));
    process.kill(process.pid, 'SIGTERM');`);
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const [, signal] = await once(child, 'exit');
  expect([signal, errors.join('')]).toEqual(['SIGTERM', 'false']);
  child.stdout.destroy();
});

test('a reader that is gone ends nothing', async () => {
  const child = start(`
    setInterval(() => log.write("line\\n"), 1);
    setTimeout(async () => { await log.close(); process.exit(7); }, 300);`);
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(7);
});

test('lines that a full disk had no room for are written when there is room again', async () => {
  const { lines } = await output(
    start(`
    const { default: fs } = await import('node:fs');
    const { write } = fs;
    fs.write = (...args) => args.at(-1)(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
    const turn = () => new Promise((done) => setTimeout(done, 20));
    log.write("first\\n");
    await turn();
    log.write("second\\n");
    await turn();
    fs.write = write;
    log.write("third\\n");
    await turn();
    log.write("lost: " + log.linesLost + "\\n");
    await log.close();`),
  );
  expect(lines).toEqual(['first', 'second', 'third', 'lost: 0', '']);
});
