import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';

const FAILURES = { 'no such name': 3, failed: 2 } as const;

/** Records, or why there are none. */
export type Reply = readonly Answer[] | keyof typeof FAILURES;

export interface NameServer {
  /** As `address:port`. */
  readonly address: string;
  /** Type and name of each question so far. */
  readonly questions: string[];
  /** How questions for a name are answered; there are no others. */
  answer(name: string, reply: (type: string) => Reply | Promise<Reply>): void;
  /** Resolves once so many questions have come. */
  asked(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** A real DNS server on loopback, over UDP. */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const replies = new Map<string, (type: string) => Reply | Promise<Reply>>();
  const questions: string[] = [];
  socket.on('message', (message, { port, address }) => {
    const { id, questions: [question] = [] } = dnsPacket.decode(message);
    if (question === undefined) return;
    questions.push(`${question.type} ${question.name}`);
    socket.emit('question');
    void (async () => {
      const reply = (await replies.get(question.name)?.(question.type)) ?? 'no such name';
      const [answers, code] = typeof reply === 'string' ? [[], FAILURES[reply]] : [[...reply], 0];
      const flags = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | code;
      const packet: Packet = { type: 'response', questions: [question], answers, flags };
      socket.send(dnsPacket.encode({ ...packet, id: id ?? 0 }), port, address);
    })();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    answer: (name, reply) => void replies.set(name, reply),
    asked: async (count) => {
      while (questions.length < count) await once(socket, 'question');
    },
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
