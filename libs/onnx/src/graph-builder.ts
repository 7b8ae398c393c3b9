import { create } from '@bufbuild/protobuf';
import { encodeAttributes, type Attributes } from './attributes.js';
import { type OnnxElementType } from './element-type.js';
import {
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.js';
import { tensorProto, valueInfo } from './protos.js';

/** Contrib operators of ONNX Runtime live in this domain. */
export const MICROSOFT_DOMAIN = 'com.microsoft';

/** A tensor inside the graph, by its name. */
export type Value = string & { readonly __brand: 'OnnxValue' };

/** A dimension: a size, or a name for one that is known at run time. */
export type Dimension = number | string;

/** A weight kept beside the model file. */
export interface ExternalWeight {
  readonly name: string;
  readonly elementType: OnnxElementType;
  readonly dims: readonly number[];
  /**
   * Its row-major little-endian bytes, in pieces. Called once, while the file is written: weights are written in the order
   * in which they were added.
   */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** A model whose files lie in the same directory, so that another graph may refer to its weights. */
export interface WeightLender {
  readonly graph: GraphBuilder;
  /** The name that {@link writeModel} writes it under. */
  readonly modelName: string;
}

export interface NodeOptions {
  /** Where the node is in the model, as a path: `layers.0/attention`. Names its outputs. */
  name: string;
  attributes?: Attributes;
  domain?: typeof MICROSOFT_DOMAIN;
}

/** Builds one ONNX graph in topological order. Weights stay outside until {@link writeModel} streams them. */
export class GraphBuilder {
  private readonly nodes: NodeProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly constants: TensorProto[] = [];
  /** What its own data file holds. */
  readonly weights: ExternalWeight[] = [];
  /** Names of what it takes from its lender's data file. */
  readonly borrowedWeights = new Set<string>();
  private readonly names = new Set<string>();

  /**
   * @param lender another graph of the same model. A weight of the same name, type and shape is the same weight there: it is
   * referred to and not written again.
   */
  constructor(
    private readonly graphName: string,
    readonly lender?: WeightLender,
  ) {}

  input(name: string, elementType: OnnxElementType, dims: readonly Dimension[]): Value {
    this.inputs.push(valueInfo(name, elementType, dims));
    return this.claim(name);
  }

  /** Declares a graph output; a value of that name must exist. */
  output(name: string, elementType: OnnxElementType, dims: readonly Dimension[]): void {
    this.outputs.push(valueInfo(name, elementType, dims));
  }

  /** A small tensor stored inside the model file. */
  constant(
    name: string,
    elementType: OnnxElementType,
    dims: readonly number[],
    data: ArrayBufferView,
  ): Value {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.constants.push(tensorProto(name, elementType, dims, bytes));
    return this.claim(name);
  }

  /** An int64 vector stored inside the model file: a shape, axes, split sizes. */
  int64s(name: string, values: readonly number[]): Value {
    return this.constant(name, 'int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  weight(weight: ExternalWeight): Value {
    const isLent = this.lender?.graph.weights.some((other) => isSameWeight(other, weight)) ?? false;
    if (isLent) this.borrowedWeights.add(weight.name);
    else this.weights.push(weight);
    return this.claim(weight.name);
  }

  /** Adds a node with one output, named like the node. An empty input is an optional input left out. */
  node(opType: string, inputs: readonly (Value | '')[], options: NodeOptions): Value {
    const value = this.claim(options.name);
    this.push(opType, inputs, [value], options);
    return value;
  }

  /** Adds a node with named outputs; an empty name is an output nobody needs. */
  nodeWithOutputs<const N extends readonly string[]>(
    opType: string,
    inputs: readonly (Value | '')[],
    outputs: N,
    options: NodeOptions,
  ): { [K in keyof N]: Value } {
    const values = outputs.map((name) => (name === '' ? ('' as Value) : this.claim(name)));
    this.push(opType, inputs, values, options);
    return values as { [K in keyof N]: Value };
  }

  build(): GraphProto {
    return create(GraphProtoSchema, {
      name: this.graphName,
      node: this.nodes,
      input: this.inputs,
      output: this.outputs,
      initializer: this.constants,
    });
  }

  private push(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: NodeOptions,
  ): void {
    this.nodes.push(
      create(NodeProtoSchema, {
        opType,
        name: options.name,
        domain: options.domain ?? '',
        input: [...inputs],
        output: [...outputs],
        attribute: encodeAttributes(options.attributes ?? {}),
      }),
    );
  }

  private claim(name: string): Value {
    if (this.names.has(name)) throw new DuplicateValueError(name);
    this.names.add(name);
    return name as Value;
  }
}

function isSameWeight(one: ExternalWeight, other: ExternalWeight): boolean {
  return (
    one.name === other.name &&
    one.elementType === other.elementType &&
    one.dims.length === other.dims.length &&
    one.dims.every((size, axis) => size === other.dims[axis])
  );
}

/** Two values of one graph were given the same name. */
export class DuplicateValueError extends Error {
  constructor(readonly valueName: string) {
    super(`the graph already has a value named ${valueName}`);
    this.name = 'DuplicateValueError';
  }
}
