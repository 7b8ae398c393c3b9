import { type CheckpointShape } from './checkpoint-shape.js';
import { listLanguageTensors } from './language-tensors.js';
import { type TensorSpec } from './tensor-spec.js';
import { listProjectorTensors, listVisionTensors } from './vision-tensors.js';

/** Every tensor of a checkpoint, in the order in which the reference's model registers them. */
export function listTensors({ vision, language }: CheckpointShape): TensorSpec[] {
  return [
    ...listVisionTensors(vision),
    ...listLanguageTensors(language),
    ...listProjectorTensors(vision.hidden, language.hidden),
  ];
}
