/**
 * The least that a policy server on Node can do: look for the empty line,
 * answer DUNNO. Nothing is parsed. `floor.ts PORT`
 */
import { createServer } from 'node:net';

const ANSWER = Buffer.from('action=DUNNO\n\n');

createServer({ noDelay: true }, (socket) => {
  let last = 0;
  socket.on('data', (chunk) => {
    let at = last === 10 && chunk[0] === 10 ? 1 : 0;
    if (at === 1) socket.write(ANSWER);
    for (let end = chunk.indexOf('\n\n', at, 'latin1'); end >= 0; end = chunk.indexOf('\n\n', at, 'latin1')) {
      socket.write(ANSWER);
      at = end + 2;
    }
    last = at === chunk.length ? 0 : (chunk[chunk.length - 1] ?? 0);
  });
  socket.on('error', () => socket.destroy());
}).listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 1024 });
