/**
 * Fills a list, drops it, makes it again with one entry, without end, and says on
 * standard output what has been acknowledged: for a test that kills it.
 * `drop-stream.ts DIRECTORY FIRST ENTRIES`: rounds are numbered from FIRST.
 */
import { MAX_EDITS } from '../../src/lists/list-changes.ts';
import { ListService } from '../../src/lists/list-service.ts';
import { Store } from '../../src/store/store.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { say } from './say.ts';

const [directory = '', first = '0', count = '0'] = process.argv.slice(2);
const BY = { actor: 'stream' };

const store = await Store.open({ directory });
const lists = await ListService.open({ store });
if (lists instanceof StoreFailure) throw new Error(lists.message);
const service = lists;

async function apply(...edits: Parameters<ListService['apply']>[0]): Promise<void> {
  const result = await service.apply(edits, BY);
  if (result.kind !== 'applied') throw new Error(JSON.stringify(result).slice(0, 300));
}

const put = (key: string, round: number) =>
  ({ operation: 'put', list: 'stream', key, fields: { action: `REJECT ${round}` } }) as const;

for (let round = Number(first); ; round++) {
  await apply({ operation: 'describe', list: 'stream', fields: {} });
  const edits = Array.from({ length: Number(count) }, (_, at) => put(`h${at}.example`, round));
  for (let at = 0; at < edits.length; at += MAX_EDITS) await apply(...edits.slice(at, at + MAX_EDITS));
  say(`filled ${round}\n`);
  await apply({ operation: 'drop', list: 'stream' });
  say(`dropped ${round}\n`);
  await apply({ operation: 'describe', list: 'stream', fields: {} }, put(`kept${round}.example`, round));
  say(`made ${round}\n`);
}
