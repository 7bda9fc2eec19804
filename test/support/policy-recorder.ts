/**
 * Stands between Postfix and a policy server and keeps what was asked and
 * answered, so that a test knows what each list of a probe came to.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Exchange {
  readonly protocolState: string;
  readonly policyContext: string;
  readonly recipient: string;
  /** Without `action=`. */
  readonly action: string;
}

export interface PolicyRecorder {
  /** What was exchanged since the last call, in order. */
  take(): Exchange[];
  stop(): Promise<void>;
}

export interface PolicyRecorderOptions {
  readonly host: string;
  readonly port: number;
  /** Port of the policy server on the same host. */
  readonly serverPort: number;
}

export async function startPolicyRecorder(options: PolicyRecorderOptions): Promise<PolicyRecorder> {
  let exchanges: Exchange[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer((asking) => {
    const answering = connect(options.serverPort, options.host);
    keep(asking, answering);
    keep(answering, asking);
    // smtpd asks one question at a time on a connection.
    let question = '';
    let answer = '';
    asking.on('data', (bytes) => {
      question += bytes.toString();
      answering.write(bytes);
    });
    answering.on('data', (bytes) => {
      answer += bytes.toString();
      if (answer.endsWith('\n\n')) {
        exchanges.push({
          protocolState: attribute(question, 'protocol_state'),
          policyContext: attribute(question, 'policy_context'),
          recipient: attribute(question, 'recipient'),
          action: attribute(answer, 'action'),
        });
        question = '';
        answer = '';
      }
      asking.write(bytes);
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    take() {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function attribute(text: string, name: string): string {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
}
