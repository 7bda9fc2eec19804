/**
 * As much of Dovecot's authentication service as smtpd(8) asks for before it
 * believes in SASL, so that `XCLIENT LOGIN=` counts as a login. Nobody can log
 * in through it. (Postfix SASL_README, "Dovecot SASL".)
 */
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';

const GREETING = 'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef\nDONE\n';

export interface DovecotAuth {
  stop(): Promise<void>;
}

export async function startDovecotAuth(path: string): Promise<DovecotAuth> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(GREETING);
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o666);
  return {
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
