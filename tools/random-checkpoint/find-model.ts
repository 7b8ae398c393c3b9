import { type CheckpointShape } from './checkpoint-shape.js';
import { TotalsMismatchError, UnusableOptionError } from './errors.js';
import { RELEASED_MODELS } from './models.js';
import { listTensors } from './tensor-list.js';
import { countParameters } from './tensor-spec.js';

/** Sizes of a released model, checked against its published totals. */
export function findModel(name: string): CheckpointShape {
  const model = RELEASED_MODELS[name];
  if (model === undefined) {
    throw new UnusableOptionError('--model', name, `one of ${Object.keys(RELEASED_MODELS).join(', ')}`);
  }
  const tensors = listTensors(model.shape);
  const totals = { tensors: tensors.length, parameters: countParameters(tensors) };
  if (totals.tensors !== model.totals.tensors || totals.parameters !== model.totals.parameters) {
    throw new TotalsMismatchError(name, model.totals, totals);
  }
  return model.shape;
}
