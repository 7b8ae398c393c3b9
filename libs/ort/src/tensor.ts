import { type BindableTensor } from './bindable-tensor.js';
import { CPU_DEVICE } from './device.js';
import { ELEMENT_TYPES, elementCount, type ElementType, type HostArray } from './element-type.js';
import { TensorRowsError, TensorShapeError } from './errors.js';
import { type HeldObject, NativeHandle } from './native/native-handle.js';
import { addressOf, type OrtApi, type Pointer } from './native/ort-api.js';

/** What a tensor is made from. */
export interface TensorContents<T extends ElementType> {
  readonly elementType: T;
  /** Shape, outermost dimension first. */
  readonly dims: readonly number[];
  /** The elements, row-major. */
  readonly data: HostArray<T>;
}

/** What makes tensors over process memory. */
export interface HostMemory {
  readonly api: OrtApi;
  /** ONNX Runtime's description of process memory. */
  readonly info: NativeHandle;
}

/**
 * An OrtValue that holds a dense tensor in process memory, and that memory.
 * A tensor owns its OrtValue, not its memory: views share memory, and JavaScript frees it when nobody refers to it.
 */
export class Tensor<T extends ElementType = ElementType> implements BindableTensor<T> {
  readonly elementType: T;
  /** Shape, outermost dimension first. */
  readonly dims: readonly number[];
  /** The elements, row-major. Reading while a run writes them gives torn values. */
  readonly data: HostArray<T>;
  readonly device = CPU_DEVICE;
  readonly memoryKind = 'host';
  private readonly handle: NativeHandle;

  private constructor(
    private readonly memory: HostMemory,
    { elementType, dims, data }: TensorContents<T>,
  ) {
    this.elementType = elementType;
    this.dims = dims;
    this.data = data;
    const { api, info } = memory;
    const pointer = api.create(
      'CreateTensorWithDataAsOrtValue',
      info.pointer,
      addressOf(data),
      data.byteLength,
      BigInt64Array.from(dims, BigInt),
      dims.length,
      ELEMENT_TYPES[elementType].onnx,
    );
    this.handle = new NativeHandle(api, 'Tensor', { pointer });
  }

  /**
   * A tensor over process memory. `data` must not live inside V8's heap, as small typed arrays made by length do:
   * {@link allocateHostArray} makes one that does not. Throws {@link TensorShapeError}.
   */
  static overHostMemory<T extends ElementType>(memory: HostMemory, contents: TensorContents<T>): Tensor<T> {
    const needed = elementCount(contents.dims);
    const given = contents.data.length;
    if (given !== needed) throw new TensorShapeError(contents.dims, needed, given);
    return new Tensor(memory, contents);
  }

  /**
   * A tensor over `count` consecutive rows (outermost dimension) of this one's memory.
   * Throws {@link TensorRowsError} when the tensor does not have them.
   */
  rows(first: number, count: number): Tensor<T> {
    const [rowCount = 0, ...inner] = this.dims;
    if (first < 0 || count < 0 || first + count > rowCount) throw new TensorRowsError(first, count, rowCount);
    const rowLength = elementCount(inner);
    const data = this.data.subarray(first * rowLength, (first + count) * rowLength) as HostArray<T>;
    return new Tensor(this.memory, { elementType: this.elementType, dims: [count, ...inner], data });
  }

  /** A tensor of another shape over the same memory. Throws {@link TensorShapeError}. */
  reshaped(dims: readonly number[]): Tensor<T> {
    const { memory, elementType, data } = this;
    return Tensor.overHostMemory(memory, { elementType, dims, data });
  }

  /** The OrtValue. Throws {@link DisposedError} after `dispose()`. */
  get pointer(): Pointer {
    return this.handle.pointer;
  }

  hold(): HeldObject {
    return this.handle.hold();
  }

  /** Gives the OrtValue up. Bindings that use the tensor keep its memory alive until they are disposed. */
  dispose(): void {
    this.handle.dispose();
  }
}

/** Zero-filled memory outside V8's heap, where it stays in place while native code uses it. */
export function allocateHostArray<T extends ElementType>(elementType: T, length: number): HostArray<T> {
  const { array: ArrayType, bytes } = ELEMENT_TYPES[elementType];
  return new ArrayType(new ArrayBuffer(length * bytes)) as HostArray<T>;
}
