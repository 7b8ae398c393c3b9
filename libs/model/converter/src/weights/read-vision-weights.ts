import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type ModelConfig } from '../config/model-config.js';
import { chatVisionWeights } from './chat-vision.js';
import { nativeVisionWeights } from './native-vision.js';
import { type VisionWeights } from './vision-weights.js';

/** Vision encoder and projector of a checkpoint in either layout. */
export function visionWeights(config: ModelConfig, checkpoint: Checkpoint): VisionWeights {
  return config.layout === 'chat'
    ? chatVisionWeights(config, checkpoint)
    : nativeVisionWeights(config, checkpoint);
}
