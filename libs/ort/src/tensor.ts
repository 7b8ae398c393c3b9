import { type Device, CPU_DEVICE } from './device.js';
import { ELEMENT_TYPES, elementCount, type ElementType, type HostArray } from './element-type.js';
import { DisposedError, TensorShapeError } from './errors.js';
import { addressOf, type OrtApi, type Pointer } from './native/ort-api.js';

/**
 * An OrtValue that holds a dense tensor, and the memory behind it.
 * A tensor owns its OrtValue, not its memory: views share memory, and JavaScript frees it when nobody refers to it.
 */
export class Tensor<T extends ElementType = ElementType> {
  private value: Pointer | undefined;

  private constructor(
    private readonly api: OrtApi,
    private readonly memoryInfo: Pointer,
    readonly elementType: T,
    /** Shape, outermost dimension first. */
    readonly dims: readonly number[],
    /** The elements, row-major. Reading while a run writes them gives torn values. */
    readonly data: HostArray<T>,
    readonly device: Device,
  ) {
    const shape = BigInt64Array.from(dims, BigInt);
    this.value = api.create(
      'CreateTensorWithDataAsOrtValue',
      memoryInfo,
      addressOf(data),
      data.byteLength,
      shape,
      dims.length,
      ELEMENT_TYPES[elementType].onnx,
    );
  }

  /**
   * A tensor over process memory. `data` must not live inside V8's heap, as small typed arrays made by length do:
   * {@link allocateHostArray} makes one that does not.
   */
  static overHostMemory<T extends ElementType>(
    api: OrtApi,
    memoryInfo: Pointer,
    contents: { elementType: T; dims: readonly number[]; data: HostArray<T> },
  ): Tensor<T> {
    const { elementType, dims, data } = contents;
    const needed = elementCount(dims);
    if (data.length !== needed) throw new TensorShapeError(dims, needed, data.length);
    return new Tensor(api, memoryInfo, elementType, dims, data, CPU_DEVICE);
  }

  /** A tensor over `count` consecutive rows (outermost dimension) of this one's memory. */
  rows(first: number, count: number): Tensor<T> {
    const [, ...inner] = this.dims;
    const rowLength = elementCount(inner);
    const data = this.data.subarray(first * rowLength, (first + count) * rowLength) as HostArray<T>;
    return new Tensor(this.api, this.memoryInfo, this.elementType, [count, ...inner], data, this.device);
  }

  /** The OrtValue. Throws {@link DisposedError} after `dispose()`. */
  get pointer(): Pointer {
    if (this.value === undefined) throw new DisposedError('Tensor');
    return this.value;
  }

  dispose(): void {
    if (this.value !== undefined) this.api.release('ReleaseValue', this.value);
    this.value = undefined;
  }
}

/** Zero-filled memory outside V8's heap, where it stays in place while native code uses it. */
export function allocateHostArray<T extends ElementType>(elementType: T, length: number): HostArray<T> {
  const { array: ArrayType, bytes } = ELEMENT_TYPES[elementType];
  return new ArrayType(new ArrayBuffer(length * bytes)) as HostArray<T>;
}
