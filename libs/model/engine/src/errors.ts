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

/** The text of a prompt has more characters than the context can hold, however they are cut into tokens. */
export class PromptTextTooLongError extends TesseraError {
  readonly code = 'context_length_exceeded';
  constructor(
    readonly characters: number,
    readonly fewestTokens: number,
    readonly contextTokens: number,
  ) {
    super(
      `the context holds ${contextTokens} tokens; ` +
        `the text of this request has ${characters} characters, which are at least ${fewestTokens} tokens`,
      { param: 'messages' },
    );
  }
}

/** The slots that were asked for do not fit the memory that the KV cache may take. */
export class CacheBudgetError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly budgetBytes: number,
    readonly slots: {
      readonly slotCount: number;
      readonly capacityTokens: number;
      readonly bytesPerToken: number;
    },
  ) {
    const { slotCount, capacityTokens, bytesPerToken } = slots;
    super(
      `${slotCount} KV-cache slots of ${capacityTokens} positions need ${slotCount * capacityTokens * bytesPerToken} bytes ` +
        `(${bytesPerToken} a position), the budget is ${budgetBytes}; ` +
        'use fewer slots (TESSERA_SLOTS) or a larger budget (TESSERA_KV_CACHE_BYTES)',
    );
  }
}

/** Weights and caches together are larger than the memory of the machine or container. */
export class MemoryPlanError extends TesseraError {
  readonly code = 'internal_error';
  constructor(
    readonly plan: {
      readonly weightBytes: number;
      readonly cacheBytes: number;
      readonly featureCacheBytes: number;
      readonly totalBytes: number;
    },
    readonly limitBytes: number,
  ) {
    super(
      `the model needs ${plan.totalBytes} bytes of memory: ${plan.weightBytes} for weights, ${plan.cacheBytes} for the KV cache ` +
        `and ${plan.featureCacheBytes} for image features; this process may use ${limitBytes}. Convert to int8 or int4, or ` +
        'lower TESSERA_KV_CACHE_BYTES, TESSERA_SLOTS or TESSERA_FEATURE_CACHE_BYTES',
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

/** One run of the model took too long and was ended. */
export class StepTimeoutError extends TesseraError {
  readonly code = 'engine_failed';
  constructor(
    readonly limitMs: number,
    options: { cause?: unknown } = {},
  ) {
    super(`a run of the model took longer than ${limitMs} ms and was ended`, options);
  }
}

/** One run of the model took too long and could not be ended: only the end of the process frees what it holds. */
export class EngineHungError extends TesseraError {
  readonly code = 'engine_failed';
  constructor(
    readonly limitMs: number,
    readonly graceMs: number,
  ) {
    super(`a run of the model took longer than ${limitMs} ms and did not stop within ${graceMs} ms more`);
  }
}

/** The tokenizer of the model has no token that its chat template ends turns with. */
export class StopTokenMissingError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(readonly token: string) {
    super(`the tokenizer has no token ${token}, which ends an answer`);
  }
}

/** The device has no 16-bit floats, which a part of the model is stored or computed in. */
export class DeviceLacksFloat16Error extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly device: string,
    readonly part: 'activations' | 'embeddings',
  ) {
    super(
      `device ${device} has no 16-bit floats, and the model's ${part} are such; convert the checkpoint with ` +
        (part === 'activations' ? '--precision fp32, int8 or int4' : '--embeddings int8'),
    );
  }
}

/** The device has no kernels for operators that carry the model's weights or cache. */
export class DeviceLacksOperatorsError extends TesseraError {
  readonly code = 'invalid_value';
  constructor(
    readonly device: string,
    readonly part: string,
    readonly operators: readonly string[],
  ) {
    super(
      `device ${device} cannot compute ${operators.join(', ')} of ${part} in its number format; convert the checkpoint with ` +
        'another --precision (fp16 on CUDA), and without --vision dynamic',
    );
  }
}

/** A file of the model directory is absent or has another size than its manifest says. */
export class ModelFileInvalidError extends TesseraError {
  readonly code = 'model_invalid';
  constructor(
    readonly file: string,
    readonly expectedBytes: number,
    readonly givenBytes: number | undefined,
    options: { cause?: unknown } = {},
  ) {
    const given = givenBytes === undefined ? 'is missing' : `has ${givenBytes}`;
    super(`${file} should have ${expectedBytes} bytes by the model's manifest, it ${given}`, options);
  }
}
