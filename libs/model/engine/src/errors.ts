import { TesseraError } from '@tessera/contracts';

/** Prompt, image tokens and requested completion are longer than the model or any slot holds. */
export class ContextLengthExceededError extends TesseraError {
  readonly code = 'context_length_exceeded';
  constructor(
    readonly promptTokens: number,
    readonly imageTokens: number,
    readonly completionTokens: number,
    readonly contextTokens: number,
  ) {
    super(
      `the context holds ${contextTokens} tokens; this request needs ${promptTokens + completionTokens}: ` +
        `${promptTokens} in the prompt (${imageTokens} of them for images) and ${completionTokens} for the completion`,
      { param: 'messages' },
    );
  }
}

/** The KV cache does not fit the memory it was given. */
export class CacheBudgetError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly budgetBytes: number,
    readonly neededBytes: number,
    readonly slotCount: number,
  ) {
    super(
      `a KV cache of ${slotCount} slots needs ${neededBytes} bytes, the budget is ${budgetBytes}; use fewer slots`,
    );
  }
}

/** The engine was closed while a sequence was waiting or running. */
export class EngineClosedError extends TesseraError {
  readonly code = 'engine_failed';
  constructor() {
    super('the engine was closed');
  }
}

/** The tokenizer of the model has no token that its chat template ends turns with. */
export class StopTokenMissingError extends TesseraError {
  readonly code = 'internal_error';
  constructor(readonly token: string) {
    super(`the tokenizer has no token ${token}, which ends an answer`);
  }
}
