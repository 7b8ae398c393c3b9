import { type Dimension, encodeModel, GraphBuilder, type Value } from '@tessera/onnx';
import {
  elementCount,
  type ElementType,
  type HostArray,
  type OrtRuntime,
  type SessionOptions,
} from '@tessera/ort';
import { randomNumbers } from '@tessera/testing';

interface Fed {
  readonly name: string;
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly values: HostArray<ElementType>;
}

/** A graph around one operator, and numbers to feed it with. */
export class OperatorGraph {
  readonly graph = new GraphBuilder('operator');
  private readonly random = randomNumbers(7);
  private readonly fed: Fed[] = [];
  private output: { elementType: ElementType; dims: readonly number[] } | undefined;

  /** An input of random numbers of [-1, 1). */
  floats(name: string, dims: readonly number[]): Value {
    return this.feed({ name, elementType: 'float32', dims, values: this.randomFloats(dims) });
  }

  /** An input of random bytes. */
  bytes(name: string, dims: readonly number[]): Value {
    return this.feed({ name, elementType: 'uint8', dims, values: this.randomBytes(dims) });
  }

  int64s(name: string, dims: readonly number[], values: readonly number[]): Value {
    return this.feed({ name, elementType: 'int64', dims, values: BigInt64Array.from(values, BigInt) });
  }

  int32s(name: string, dims: readonly number[], values: readonly number[]): Value {
    return this.feed({ name, elementType: 'int32', dims, values: Int32Array.from(values) });
  }

  /** Random weights, inside the model. */
  weights(name: string, dims: readonly number[]): Value {
    return this.graph.constant(name, 'float32', dims, this.randomFloats(dims));
  }

  /** Random block-quantised weights, inside the model. */
  quantisedWeights(name: string, dims: readonly number[]): Value {
    return this.graph.constant(name, 'uint8', dims, this.randomBytes(dims));
  }

  result(value: Value, dims: readonly number[]): void {
    this.graph.output(value, 'float32', dims);
    this.output = { elementType: 'float32', dims };
  }

  integers(value: Value, dims: readonly number[]): void {
    this.graph.output(value, 'int64', dims);
    this.output = { elementType: 'int64', dims };
  }

  /** Runs the graph, and tells where `operator` was placed. */
  async run(runtime: OrtRuntime, operator: string, options: SessionOptions) {
    const session = await runtime.createSession(encodeModel(this.graph), {
      ...options,
      recordPlacement: true,
    });
    const binding = session.createBinding();
    const { elementType, dims } = this.output ?? { elementType: 'float32', dims: [] };
    const result = runtime.allocate(elementType, dims);
    const inputs = this.fed.map((fed) => runtime.tensorOf(fed.elementType, fed.dims, fed.values));
    try {
      for (const [index, { name }] of this.fed.entries()) binding.bindInput(name, inputs[index]!);
      await binding.bindOutput(session.outputNames[0]!, result).run();
      const places = session.placement().filter((node) => node.operator === operator);
      return {
        values: Array.from(result.data, Number),
        places: new Set(places.map(({ provider }) => provider)),
      };
    } finally {
      for (const object of [binding, result, ...inputs, session]) object.dispose();
    }
  }

  /** Inputs have no fixed sizes, as in our models: what depends on them is computed in the run. */
  private feed(fed: Fed): Value {
    this.fed.push(fed);
    const dims = fed.dims.map((_, index): Dimension => `${fed.name}.${index}`);
    return this.graph.input(fed.name, fed.elementType, dims);
  }

  private randomFloats(dims: readonly number[]): Float32Array {
    return Float32Array.from({ length: elementCount(dims) }, () => 2 * this.random() - 1);
  }

  private randomBytes(dims: readonly number[]): Uint8Array {
    return Uint8Array.from({ length: elementCount(dims) }, () => 256 * this.random());
  }
}
