/**
 * Edits a list without end, several edits under way at a time, and says on
 * standard output what has been acknowledged: for tests that kill it.
 * `edit-stream.ts DIRECTORY FIRST`: numbers of the entries rise from FIRST.
 *
 * A line is `put N` or `remove N`, written when the edit was answered.
 */
import { ListService } from '../../src/lists/list-service.ts';
import { Store } from '../../src/store/store.ts';
import { StoreFailure } from '../../src/store/store-failure.ts';
import { say } from './say.ts';

const UNDER_WAY = 8;

const [directory = '', first = '0'] = process.argv.slice(2);

const store = await Store.open({ directory });
const lists = await ListService.open({ store });
if (lists instanceof StoreFailure) throw new Error(lists.message);
const service = lists;
await service.apply([{ operation: 'describe', list: 'stream', fields: {} }], { actor: 'stream' });
say('ready\n');

let next = Number(first);
async function edit(): Promise<never> {
  for (;;) {
    const number = next++;
    const key = `host${number}.example`;
    const put = await service.apply(
      [{ operation: 'put', list: 'stream', key, fields: { action: `REJECT ${number}` } }],
      { actor: 'stream' },
    );
    if (put.kind !== 'applied') throw new Error(JSON.stringify(put));
    say(`put ${number}\n`);
    if (number % 3 !== 0) continue;
    const removal = await service.apply([{ operation: 'remove', list: 'stream', key }], { actor: 'stream' });
    if (removal.kind !== 'applied') throw new Error(JSON.stringify(removal));
    say(`remove ${number}\n`);
  }
}

await Promise.all(Array.from({ length: UNDER_WAY }, edit));
