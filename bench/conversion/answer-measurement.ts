/** What one question to a freshly loaded model took. */
export interface AnswerMeasurement {
  readonly loadSeconds: number;
  readonly tiles: number;
  readonly promptTokens: number;
  readonly visionSeconds: number;
  /** From the request to the first token. */
  readonly firstTokenSeconds: number;
  /** Of the tokens after the first; null when there is only one. */
  readonly tokensPerSecond: number | null;
  readonly tokens: number;
}
