import type { Caption } from '../run/answer.js';

/** Captions by what was asked. */
export interface AnswerStore {
  /** @param question 64 hexadecimal digits: what must agree for the caption to be that of both */
  get(question: string): Promise<Caption | undefined>;
  /** Keeps a caption. What goes wrong is not the caller's matter: a store that fails is a store that forgets. */
  put(question: string, caption: Caption): void;
  /** Waits until what was put is kept. */
  close(): Promise<void>;
}
