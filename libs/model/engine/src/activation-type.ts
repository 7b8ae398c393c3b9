import { type ModelManifest } from '@tessera/converter';

/** Type of the numbers between a model's operators, of its image features and of its KV cache. */
export type ActivationType = ModelManifest['weights']['activations'];
