/**
 * `postward decisions`: the last decisions of a running daemon, or those to come
 * with `--follow`, by client, sender, recipient, verdict and more.
 */
import { visible } from '../language/visible.ts';
import { AdminClient, type Query } from './admin-client.ts';
import { sinceOf } from './expiry.ts';
import type { OptionValues } from './setting-flags.ts';
import { type Paint, painter, type Style, type Terminal } from './terminal.ts';

interface Decision {
  readonly time: string;
  readonly verdict: string;
  readonly msg: string;
}

interface Page {
  readonly decisions: readonly Decision[];
  readonly next_cursor?: string;
}

const FILTERS = ['client', 'sender', 'recipient', 'verdict', 'restriction', 'list', 'policy'] as const;

const MOST_IN_A_PAGE = 1000;

const STYLES: Readonly<Record<string, Style>> = { reject: 'red', defer: 'yellow', permit: 'green' };

export async function decisions(options: OptionValues, terminal: Terminal): Promise<number> {
  const client = new AdminClient(options, terminal);
  const query: Query = Object.fromEntries(FILTERS.map((name) => [name, options[name] as string | undefined]));
  const show = printer(options['json'] === true, terminal);
  if (options['follow'] === true) {
    await follow(client, query, show, terminal);
    return 0;
  }
  const since = typeof options['since'] === 'string' ? sinceOf(options['since']) : undefined;
  for (const decision of (await last(client, { ...query, since }, Number(options['limit']))).reverse()) {
    show(decision);
  }
  return 0;
}

/** The newest first. */
async function last(client: AdminClient, query: Query, wanted: number): Promise<Decision[]> {
  const found: Decision[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(wanted - found.length, MOST_IN_A_PAGE);
    const page: Page = await client.ask({ path: ['decisions'], query: { ...query, limit, cursor } });
    found.push(...page.decisions);
    cursor = page.next_cursor;
  } while (cursor !== undefined && found.length < wanted);
  return found;
}

async function follow(
  client: AdminClient,
  query: Query,
  show: (decision: Decision) => void,
  terminal: Terminal,
): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const request = { path: ['decisions', 'stream'], query };
    for await (const { event, data } of client.events(request, stop.signal)) {
      if (event === 'decision') show(data as Decision);
      else if (event === 'dropped') {
        const { count } = data as { readonly count: number };
        terminal.error(`postward: ${count} decisions are missing here: this terminal is too slow`);
      }
    }
    if (!stop.signal.aborted) terminal.error('postward: the daemon has ended the stream');
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

function printer(isJson: boolean, terminal: Terminal): (decision: Decision) => void {
  if (isJson) return (decision) => terminal.out(JSON.stringify(decision));
  const paint: Paint = painter(terminal.hasOutColour);
  return ({ time, verdict, msg }) => {
    const style = STYLES[verdict];
    const text = visible(msg);
    terminal.out(
      `${time.replace('T', ' ').replace(/\.\d+Z$/, 'Z')} ${style === undefined ? text : paint(style, text)}`,
    );
  };
}
