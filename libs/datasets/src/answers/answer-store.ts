import type { Caption } from '../run/answer.js';

/** Captions by what was asked. */
export interface AnswerStore {
  /** @param digest 64 hexadecimal digits: what must agree for the caption to be that of both */
  get(digest: string): Promise<Caption | undefined>;
  /** Keeps a caption; when it resolves, it can be read. */
  put(digest: string, caption: Caption): Promise<void>;
}
