import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { randomNumbers } from '@tessera/testing';
import { type Client, RefusedError } from './client.js';
import { pictureDataUrl, type Question } from './questions.js';

const CLIENTS = 6;
/** Jobs that have not ended; past it the clients wait. */
const MAX_OPEN = 60;
const GATE_MS = 50;
/** Shares of the jobs. */
const WAITED_FOR = 0.2;
const SENT_TWICE = 0.2;
const CANCELLED = 0.05;
const WAIT_SECONDS = 5;

/** A job that the API has accepted, as its client knows it. */
export interface AcceptedJob {
  readonly id: string;
  readonly row: number;
  readonly question: Question;
  /** The API accepted a cancel. */
  readonly isCancelAccepted: boolean;
}

/** What the clients have seen. */
export interface LoadResult {
  readonly accepted: readonly AcceptedJob[];
  /** Requests that were sent again with their key after they had been accepted. */
  readonly replayCount: number;
  /** Of those, answered with another job. */
  readonly replayedAsAnother: readonly string[];
  readonly refusals: readonly string[];
}

/** Clients that ask questions, each with a key of its own, until they are told to stop. */
export class Load {
  private readonly accepted: AcceptedJob[] = [];
  private readonly replayedAsAnother: string[] = [];
  private readonly refusals: string[] = [];
  private replayCount = 0;
  private nextRow = 0;
  private isStopping = false;
  private readonly random: () => number;
  private readonly clients: Promise<unknown>;

  constructor(
    private readonly client: Client,
    private readonly options: {
      readonly questions: readonly Question[];
      readonly seed: number;
      readonly webhookUrl: string;
      /** Jobs that have not ended. */
      readonly openCount: () => number;
    },
  ) {
    this.random = randomNumbers(options.seed);
    this.clients = Promise.all(Array.from({ length: CLIENTS }, () => this.keepAsking()));
  }

  get acceptedCount(): number {
    return this.accepted.length;
  }

  /** Resolves when every request under way has been answered. */
  async stop(): Promise<LoadResult> {
    this.isStopping = true;
    await this.clients;
    const { accepted, replayCount, replayedAsAnother, refusals } = this;
    return { accepted, replayCount, replayedAsAnother, refusals };
  }

  private async keepAsking(): Promise<void> {
    while (!this.isStopping) {
      if (this.options.openCount() >= MAX_OPEN) await delay(GATE_MS);
      else await this.askOne();
    }
  }

  private async askOne(): Promise<void> {
    const { questions, webhookUrl } = this.options;
    const row = this.nextRow++;
    const question = questions[row % questions.length] as Question;
    const key = randomUUID();
    const body = {
      question: question.question,
      images: [pictureDataUrl(question)],
      webhook: webhookUrl,
      metadata: { row: String(row) },
    };
    const [waits, twice, cancels] = [
      this.random() < WAITED_FOR,
      this.random() < SENT_TWICE,
      this.random() < CANCELLED,
    ];
    try {
      const { id } = await this.client.submit(body, key, waits ? WAIT_SECONDS : 0);
      const isCancelAccepted = cancels && (await this.client.cancel(id));
      this.accepted.push({ id, row, question, isCancelAccepted });
      if (twice) await this.sendAgain(body, key, id);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.refusals.push(error.message);
    }
  }

  private async sendAgain(body: object, key: string, id: string): Promise<void> {
    const again = await this.client.submit(body, key);
    this.replayCount += 1;
    if (again.id !== id) this.replayedAsAnother.push(`${id} ${again.id}`);
  }
}
