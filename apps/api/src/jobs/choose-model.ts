import { type ServedModel } from '@tessera/contracts';
import { ContextLengthExceededError, ModelNotFoundError } from '../errors/job.errors.js';
import { MissingParameterError } from '../errors/request.errors.js';

/** Models that jobs may name now. */
export interface AvailableModels {
  /** Announced by at least one live worker. */
  served: readonly ServedModel[];
  /** Ids of TESSERA_MODELS: accepted even while no worker serves them. */
  acceptedIds: readonly string[];
}

/** Every id that a job may name, each once, sorted. */
export function availableModelIds({ served, acceptedIds }: AvailableModels): string[] {
  return [...new Set([...served.map(({ id }) => id), ...acceptedIds])].sort();
}

/**
 * The model that answers a job: the one it names, or the only one there is.
 * @throws {ModelNotFoundError} the named one is not available, or none is
 * @throws {MissingParameterError} none is named and there are several
 */
export function chooseModel(requested: string | undefined, models: AvailableModels): string {
  const ids = availableModelIds(models);
  if (requested !== undefined) {
    if (ids.includes(requested)) return requested;
    throw new ModelNotFoundError(requested, ids);
  }
  const [only, ...others] = ids;
  if (only === undefined) throw new ModelNotFoundError(undefined, ids);
  if (others.length === 0) return only;
  throw new MissingParameterError(`model is required where there are several: ${ids.join(', ')}`, {
    param: 'model',
  });
}

/**
 * Refuses a completion that fills the whole context by itself; whether prompt and completion fit together only the
 * worker can tell, once tiles are counted.
 * @throws {ContextLengthExceededError}
 */
export function checkMaxTokens(
  maxTokens: { value: number; param: string } | undefined,
  model: ServedModel | undefined,
): void {
  if (maxTokens === undefined || model === undefined) return;
  if (maxTokens.value >= model.contextTokens) {
    throw new ContextLengthExceededError(maxTokens.value, model.contextTokens, maxTokens.param);
  }
}
