/** What a question to a freshly loaded model took, asked once or by several at the same time. */
export interface AnswerMeasurement {
  readonly loadSeconds: number;
  /** Of one question. */
  readonly tiles: number;
  /** Of one question. */
  readonly promptTokens: number;
  /** From the first to the last vision run of a question, the longest of all. */
  readonly visionSeconds: number;
  /** From the request to the first token of the question that got one first. */
  readonly firstTokenSeconds: number;
  /** The same of the last one. */
  readonly lastFirstTokenSeconds: number;
  /** Of all questions together, while all of them are decoded; null when they never were. */
  readonly tokensPerSecond: number | null;
  /** Of all answers. */
  readonly tokens: number;
}
