import { choicesOf, type CompletionIdentity, toChatLogprobs } from '@tessera/chat-completions';
import {
  type Answer,
  type AnswerChoice,
  type ChatChunkChoice,
  type ChatCompletionChunk,
} from '@tessera/contracts';
import { type TextPiece } from '@tessera/queue';
import { SentChoice } from './sent-choice.js';

/** Turns what comes of a job into the chunks of a streamed answer. */
export class ChunkWriter {
  private readonly choices: SentChoice[];
  private hasBegun = false;

  constructor(
    private readonly identity: CompletionIdentity,
    private readonly options: { choiceCount: number; includeUsage: boolean },
  ) {
    this.choices = Array.from({ length: options.choiceCount }, (_, index) => new SentChoice(index));
  }

  /** @throws {AnswerDivergedError} */
  text(piece: TextPiece): ChatCompletionChunk[] {
    const { text, logprobs } = this.choiceAt(piece.choice).push(piece.text, piece.logprobs ?? []);
    if (text === '') return [];
    const content = { ...NOTHING, index: piece.choice, delta: { content: text } };
    return [...this.begin(), this.chunk({ ...content, logprobs: toChatLogprobs(logprobs) })];
  }

  /** Another attempt begins: its text must begin with what was sent. */
  restart(): void {
    for (const choice of this.choices) choice.restart();
  }

  /** What of the answer was not sent, and how every choice ended. @throws {AnswerDivergedError} */
  end(answer: Answer): ChatCompletionChunk[] {
    const { revision } = answer.model;
    const ends = choicesOf(answer).flatMap((choice, index) => this.endOf(choice, index));
    const usage = { ...this.chunk(), choices: [], usage: answer.usage };
    const chunks = this.options.includeUsage ? [...ends, usage] : ends;
    return [...this.begin(), ...chunks.map((chunk) => ({ ...chunk, system_fingerprint: revision }))];
  }

  private endOf({ text, finish_reason, logprobs }: AnswerChoice, index: number): ChatCompletionChunk[] {
    const rest = this.choiceAt(index).rest(text, logprobs);
    const isWhole = rest.text === '' && (rest.logprobs ?? []).length === 0;
    const content = { ...NOTHING, index, delta: { content: rest.text } };
    return [
      ...(isWhole ? [] : [this.chunk({ ...content, logprobs: toChatLogprobs(rest.logprobs) })]),
      this.chunk({ ...NOTHING, index, finish_reason }),
    ];
  }

  /** The first chunk of every choice, once something is known to follow: a failure before it is an HTTP status. */
  private begin(): ChatCompletionChunk[] {
    if (this.hasBegun) return [];
    this.hasBegun = true;
    const delta = { role: 'assistant', content: '', refusal: null } as const;
    return this.choices.map((_, index) => this.chunk({ ...NOTHING, index, delta }));
  }

  private choiceAt(index: number): SentChoice {
    const choice = this.choices[index];
    if (choice === undefined) throw new RangeError(`there is no choice ${index} of ${this.choices.length}`);
    return choice;
  }

  private chunk(...choices: ChatChunkChoice[]): ChatCompletionChunk {
    return {
      id: this.identity.id,
      object: 'chat.completion.chunk',
      created: this.identity.createdAtSeconds,
      model: this.identity.model,
      choices,
      ...(this.options.includeUsage ? { usage: null } : {}),
      system_fingerprint: null,
    };
  }
}

const NOTHING = { delta: {}, logprobs: null, finish_reason: null } as const;
