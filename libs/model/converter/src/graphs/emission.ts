import { type GraphBuilder } from '@tessera/onnx';
import { type ActivationType } from '../formats/weight-formats.js';

/** A graph on its way, and the type of the numbers between its operators. */
export interface Emission {
  readonly graph: GraphBuilder;
  readonly activations: ActivationType;
}
