import { type TokenLogprob } from '@tessera/contracts';
import { AnswerDivergedError } from '../errors/chat.errors.js';

/** What is new in a choice. */
interface News {
  text: string;
  /** Absent where none are asked for. */
  logprobs: TokenLogprob[] | undefined;
}

/**
 * What was sent of one choice. Nothing can be unsent: another attempt at the job is followed in silence, and must write
 * the same, until it comes to what is new.
 */
export class SentChoice {
  private sent = '';
  private sentTokens = 0;
  /** How far the attempt at hand has come. */
  private position = 0;
  private tokens: TokenLogprob[] = [];

  constructor(private readonly index: number) {}

  restart(): void {
    this.position = 0;
    this.tokens = [];
  }

  /** Takes the attempt's next text and tokens. @throws {AnswerDivergedError} */
  push(text: string, tokens: readonly TokenLogprob[]): News {
    const known = this.sent.slice(this.position, this.position + text.length);
    if (!text.startsWith(known)) throw new AnswerDivergedError(this.index);
    this.position += text.length;
    this.tokens.push(...tokens);
    return this.take(text.slice(known.length));
  }

  /** What was not sent of the whole answer. @throws {AnswerDivergedError} */
  rest(text: string, tokens: readonly TokenLogprob[] | undefined): News {
    if (!text.startsWith(this.sent)) throw new AnswerDivergedError(this.index);
    this.tokens = [...(tokens ?? [])];
    return this.take(text.slice(this.sent.length));
  }

  /** Tokens of a piece that was sent already wait for the next one that was not. */
  private take(text: string): News {
    this.sent += text;
    const logprobs = this.tokens.slice(this.sentTokens);
    if (text !== '') this.sentTokens = Math.max(this.sentTokens, this.tokens.length);
    return { text, logprobs: this.tokens.length === 0 ? undefined : logprobs };
  }
}
